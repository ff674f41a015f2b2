"""The real Envoy in container images: taken out, kept by digest, named in every way there is."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.images import ELF, Image, file, folder, image, index, layer, to_folder
from tests.registry import Fault, LoopbackRegistry

from tamis import caches
from tamis.envoy import Binary, loads
from tamis.envoy.binaries import images, keeping
from tamis.envoy.plugins import PASS_THROUGH
from tamis.errors import BadInput, Missing, Rejected, TamisError, Unreachable
from tamis.oci.images.take import HERE
from tamis.verbs import envoys
from tamis.verbs.envoys import envoy_of

PLACE = "usr/local/bin/envoy"


@pytest.fixture(scope="module")
def real(binary: Binary) -> Image:
    """As Istio's: a base, the Envoy, and things above it."""
    base = layer(folder("usr"), folder("usr/local"), file("bin/sh", ELF))
    above = layer(file("usr/local/bin/pilot-agent", ELF), file("etc/notes", mode=0o644))
    middle = layer(file(PLACE, binary.path.read_bytes()))
    return image(base, middle, above, Entrypoint=["/usr/local/bin/pilot-agent"])


@pytest.fixture
def registry(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LoopbackRegistry]:
    """With a cache and a home of our own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("DOCKER_CONFIG", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.delenv("TAMIS_ENVOY", raising=False)
    with LoopbackRegistry() as served:
        yield served
    shutil.rmtree(home)


def forget() -> None:
    """As another process would begin."""
    envoys._taken.clear()


def kept() -> list[str]:
    place = caches.folder("envoys")
    return sorted(path.name for path in place.iterdir()) if place.is_dir() else []


def asked(registry: LoopbackRegistry) -> list[str]:
    """What was asked for since the last time: manifests and blobs."""
    paths = [path.removeprefix("/v2/acme/proxy/") for _, path in registry.requests]
    registry.requests.clear()
    return paths


def test_a_tag_is_fetched_once(
    registry: LoopbackRegistry, real: Image, binary: Binary, monkeypatch: pytest.MonkeyPatch
):
    other = image(layer(file(PLACE, b"x")), platform="linux/s390x")
    both = index({"linux/s390x": other, HERE: real})
    name = both.serve(registry)
    said: list[str] = []
    found = envoy_of(name, said.append)
    assert (found.version, found.build) == (binary.version, binary.build)
    assert found.image == f"oci://{name}@{real.digest}"
    assert found.path.read_bytes() == binary.path.read_bytes()
    assert loads(found, PASS_THROUGH) is None
    size = len(real.blobs[2]) / 1e6
    assert [text.partition(" of ")[0] for text in said] == ["fetching layer 3", "fetching layer 2"]
    assert said[1] == f"fetching layer 2 of oci://{name} ({size:.0f} MB)"
    config, _, middle, above = (d["digest"] for d in descriptors(real))
    manifests = ["manifests/1", f"manifests/{real.digest}"]
    assert asked(registry) == [*manifests, *(f"blobs/{each}" for each in (config, above, middle))]
    assert envoy_of(name) == found
    assert asked(registry) == []
    # Once it is here, a tag costs one request, and a digest none: of the manifest, or of the index.
    forget()
    assert envoy_of(name) == found
    assert asked(registry) == ["manifests/1"]
    with keeping.fetching(said.append):  # nobody waits for what is here
        forget()
        assert envoy_of(name) == found
    registry.requests.clear()
    for digest in (real.digest, both.digest):
        again = envoy_of(f"{name.removesuffix(':1')}@{digest}")
        assert (again.path, again.image.rpartition("@")[2]) == (found.path, real.digest)
    monkeypatch.setenv("TAMIS_ENVOY", f"oci://{name}@{real.digest}")
    assert envoy_of() == found
    assert asked(registry) == []
    hexadecimal = real.digest.removeprefix("sha256:")
    assert f"sha256-{hexadecimal}-{binary.version}{keeping._END}" in kept()
    assert not [name for name in kept() if name.startswith(".")]


def descriptors(of: Image) -> list[dict[str, str]]:
    document = json.loads(of.manifest)
    return [document["config"], *document["layers"]]


def test_a_damaged_entry_is_fetched_again(registry: LoopbackRegistry, real: Image):
    name = real.serve(registry)
    path = envoy_of(name).path
    path.write_bytes(b"")
    forget()
    assert envoy_of(f"{name}@{real.digest}").path.stat().st_size > 1 << 20


def test_a_tag_that_moved_on(registry: LoopbackRegistry, real: Image):
    name = real.serve(registry)
    first = envoy_of(name)
    moved = image(*real.blobs[1:], Entrypoint=["/usr/local/bin/envoy"])
    moved.serve(registry)
    assert envoy_of(name) is first
    forget()
    assert envoy_of(name).image == f"oci://{name}@{moved.digest}"


def test_two_at_once_fetch_one(registry: LoopbackRegistry, real: Image):
    code = "import sys; from tamis.verbs.envoys import envoy_of; print(envoy_of(sys.argv[1]).path)"
    command = [sys.executable, "-c", code, real.serve(registry)]
    with (
        subprocess.Popen(command, stdout=-1, text=True) as one,
        subprocess.Popen(command, stdout=-1, text=True) as other,
    ):
        told = [child.communicate()[0].strip() for child in (one, other)]
    assert told == 2 * [str(caches.folder("envoys") / kept()[0])]
    assert len([path for path in asked(registry) if path.startswith("blobs/")]) == 3


def test_every_way_to_name_it(
    registry: LoopbackRegistry,
    real: Image,
    binary: Binary,
    header_policy: Path,
    tmp_path: Path,
    tamis_cli,
    monkeypatch: pytest.MonkeyPatch,
):
    to_folder(real, tmp_path / "oci", "1")
    name = f"oci-layout://{tmp_path}/oci:1"
    arguments = ("test", header_policy, "--only", "recorded-*", "--json")
    hosts = ("--host", f"envoy@{name}", "--host", f"envoy@{name}@{real.digest}")
    tested = json.loads(tamis_cli(*arguments, *hosts).out)
    assert {run["host"] for run in tested["runs"]} == {binary.host}  # a tag and its digest: one
    assert tested["ok"]
    assert tested["images"] == {binary.host: f"{name}@{real.digest}"}
    both = json.loads(tamis_cli(*arguments, "--host", "envoy", "--host", f"envoy@{name}").out)
    second = f"{binary.host} ({name})"
    assert [each["host"] for each in both["runs"]][:: len(tested["runs"])] == [binary.host, second]
    assert (both["images"], both["differences"]) == ({second: f"{name}@{real.digest}"}, [])
    monkeypatch.setenv("TAMIS_ENVOY", name)
    again = json.loads(tamis_cli(*arguments, "--host", "envoy").out)
    assert again == tested
    found = json.loads(tamis_cli("doctor", "--json").out)["found"]
    told = {one["name"]: one["found"] for one in found}
    assert told["Envoy"] == f"{name} (TAMIS_ENVOY), fetched when it is needed"
    assert told["other Envoys"] == f"{binary.version} (image {real.digest[:19]})"
    shown = json.loads(tamis_cli("cache", "--json").out)["caches"]
    assert {one["kind"]: one["files"] for one in shown}["envoys"] == 1


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("script", r"its /usr/local/bin/envoy is no program"),
        ("elf", r"/usr/local/bin/envoy of oci://.*/acme/proxy:1 is no program for this machine"),
        ("other", r"is not for linux/[a-z0-9]+: there is linux/s390x"),
        ("sh", r"/usr/local/bin/envoy of oci://.*/acme/proxy:1 .*does not say an Envoy version"),
    ],
)
def test_what_is_no_envoy(registry: LoopbackRegistry, form: str, words: str):
    made = {
        "script": image(layer(file(PLACE, b"#!/bin/sh\n"))),
        "elf": image(layer(file(PLACE, ELF))),
        "other": image(layer(file(PLACE, ELF)), platform="linux/s390x"),
        "sh": image(layer(file(PLACE, Path("/bin/true").read_bytes()))),
    }[form]
    with pytest.raises(BadInput, match=words):
        envoy_of(made.serve(registry))
    assert kept() == []


def test_an_envoy_without_wasm(
    registry: LoopbackRegistry, real: Image, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(images, "loads", lambda *_: "unknown runtime")
    with pytest.raises(Missing, match=r"of oci://.* cannot run Wasm at all: unknown runtime"):
        envoy_of(real.serve(registry))
    assert kept() == []


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Fault("GET", "/manifests/", status=404), BadInput, "acme/proxy:1 is not there: .* 404"),
        (Fault("GET", "/manifests/", status=401), Unreachable, "does not let anonymous users"),
        (Fault("GET", "/blobs/", damage=True), Rejected, "the content has digest"),
        (Fault("GET", "/manifests/", claim="sha256:" + 64 * "0"), Rejected, "has digest"),
    ],
)
def test_what_a_registry_can_do(
    registry: LoopbackRegistry, fault: Fault, error: type[TamisError], words: str
):
    name = image(layer(file(PLACE, ELF))).serve(registry)
    registry.faults = [fault]
    with pytest.raises(error, match=words):
        envoy_of(name)
    assert kept() == []


def test_nobody_answers(registry: LoopbackRegistry, tamis_cli, header_policy: Path):
    ended = tamis_cli("test", header_policy, "--host", "envoy@127.0.0.1:9/acme/proxy:1")
    assert (ended.code, "127.0.0.1:9 does not answer: connection refused" in ended.err) == (3, True)


def test_no_room_for_it(
    registry: LoopbackRegistry, real: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(Missing, match="cannot keep an Envoy: Not a directory") as caught:
        envoy_of(real.serve(registry))
    assert "XDG_CACHE_HOME" in caught.value.advice()


def test_a_full_disk(registry: LoopbackRegistry, real: Image, tmp_path: Path):
    """RLIMIT_FSIZE stands in for it: a file grows no further."""
    name = real.serve(registry)
    child = f"""
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
from tamis.cli.main import run
run(["test", {str(tmp_path)!r}, "--host", "envoy@{name}"])
"""
    done = subprocess.run(
        [sys.executable, "-c", child], capture_output=True, text=True, check=False
    )
    assert (done.returncode, "cannot keep an Envoy: File too large" in done.stderr) == (3, True)
    assert kept() == []
