"""What tamis save writes is read by docker load, podman's and skopeo's readers, oras; and back."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import referrers_registry
from tests.docker_registry import serve, skopeo
from tests.engine import RunningEngine, running_engine
from tests.judging import oras

from tamis.model.artifact import Layout, Metadata
from tamis.model.reference import LayoutReference, RegistryReference
from tamis.verbs.list import list as list_tags
from tamis.verbs.load import load
from tamis.verbs.pull import fetch
from tamis.verbs.push import push
from tamis.verbs.save import save

pytestmark = pytest.mark.judge

MODULE = b"\0asm\1\0\0\0" + bytes(range(256)) * 400
METADATA = Metadata("hello", "1.0.0", "says hello", "MIT", abi="0.2.1", config='{"a": 1}')


@pytest.fixture(autouse=True)
def docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


@pytest.fixture(scope="module")
def engine() -> Iterator[RunningEngine]:
    with running_engine() as running:
        yield running


@pytest.fixture(scope="module", params=[serve, referrers_registry.serve], ids=["docker", "olareg"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry without the referrers API, and one with it."""
    yield from request.param(tmp_path_factory.mktemp("registry"))


def saved(folder: Path, layout: Layout = "image") -> tuple[Path, str]:
    """A file with one artifact, and its digest."""
    where = LayoutReference(folder / "hello", "1.0.0")
    digest = push(MODULE, METADATA, where, layout=layout).digest
    save([where], folder / "air.tar")
    return folder / "air.tar", digest


def test_docker_loads_it(engine: RunningEngine, tmp_path: Path) -> None:
    file, _ = saved(tmp_path)
    with file.open("rb") as content:
        (loaded,) = engine.client.images.load(content)
    assert loaded.tags == ["hello:1.0.0"]
    container = engine.client.containers.create("hello:1.0.0", command="none")
    stream, _ = container.get_archive("/plugin.wasm")
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as tar:
        unpacked = tar.extractfile("plugin.wasm")
        assert unpacked
        assert unpacked.read() == MODULE


@pytest.mark.parametrize("transport", ["oci-archive", "docker-archive"])
def test_skopeo_reads_it(tmp_path: Path, transport: str) -> None:
    file, digest = saved(tmp_path)
    tag = "1.0.0" if transport == "oci-archive" else "hello:1.0.0"
    raw = skopeo("inspect", "--raw", f"{transport}:{file}:{tag}")
    if transport == "oci-archive":
        assert f"sha256:{hashlib.sha256(raw).hexdigest()}" == digest
    skopeo("copy", f"{transport}:{file}:{tag}", f"dir:{tmp_path / 'dir'}")


def test_skopeo_wrote_it(tmp_path: Path) -> None:
    where = LayoutReference(tmp_path / "hello", "1.0.0")
    pushed = push(MODULE, METADATA, where)
    file = tmp_path / "theirs.tar"
    skopeo("copy", f"oci:{where.folder}:1.0.0", f"oci-archive:{file}:1.0.0")
    goal = LayoutReference(tmp_path / "loaded", "2")
    assert load(file, goal) == {str(goal): pushed.digest}
    assert fetch(goal) == (pushed, MODULE)


def test_oras_copies_it_into_a_registry(host: str, tmp_path: Path) -> None:
    file, digest = saved(tmp_path, "istio")
    copied = oras(
        "cp", "--from-oci-layout", f"{file}:1.0.0", "--to-plain-http", f"{host}/air/hello:1.0.0"
    )
    assert copied.code == 0, copied.err
    there = RegistryReference(host, "air/hello", "1.0.0")
    assert fetch(there)[0].digest == digest
    assert list_tags(there) == ("1.0.0",)


def test_oras_shows_what_belongs_to_it(host: str, tmp_path: Path) -> None:
    """Attached by oras, taken along by us, there for oras: in folders and in registries."""
    where = RegistryReference(host, "acme/told", "1.0.0")
    digest = push(MODULE, METADATA, where).digest
    (tmp_path / "note.txt").write_text("a note")
    name = f"{host}/acme/told:1.0.0"
    note = ["--artifact-type", "application/x.note", "note.txt:text/plain"]
    attached = oras("attach", "--plain-http", name, *note, home=tmp_path)
    assert attached.code == 0, attached.err
    save([where], tmp_path / "air.tar")
    load(tmp_path / "air.tar", LayoutReference(tmp_path / "folder", "1.0.0"))
    load(tmp_path / "air.tar", RegistryReference(host, "mirror/told", "1.0.0"))
    for place in (["--plain-http", f"{host}/mirror/told:1.0.0"],
                  ["--oci-layout", f"{tmp_path / 'folder'}:1.0.0"]):  # fmt: skip
        shown = oras("discover", "--format", "json", *place)
        assert shown.code == 0, shown.err
        (found,) = json.loads(shown.out)["manifests"]
        assert found["artifactType"] == "application/x.note"
    assert digest in oras("resolve", "--plain-http", f"{host}/mirror/told:1.0.0").out
