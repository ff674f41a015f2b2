"""push, pull, copy and describe, between registries and layout folders."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.registry import LoopbackRegistry

from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Metadata
from tamis.model.choices import Layout
from tamis.model.reference import LayoutReference, RegistryReference, parse
from tamis.oci import digest_of
from tamis.verbs.copy import copy
from tamis.verbs.pull import describe, fetch, pull
from tamis.verbs.push import push

MODULE = b"\0asm\1\0\0\0" + bytes(range(256)) * 20
METADATA = Metadata("hello", "1.0.0", "says hello", "MIT", root_id="r", config='{"a": 1}')
LAYOUTS: tuple[Layout, ...] = ("image", "istio")
INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture
def remote(registry: LoopbackRegistry) -> RegistryReference:
    return RegistryReference(registry.host, "acme/hello", "1.0.0")


@pytest.fixture
def local(tmp_path: Path) -> LayoutReference:
    return LayoutReference(tmp_path / "layout", "1.0.0")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_there_and_back(
    registry: LoopbackRegistry,
    remote: RegistryReference,
    local: LayoutReference,
    tmp_path: Path,
    layout: Layout,
) -> None:
    pushed = push(MODULE, METADATA, remote, layout=layout)
    assert pushed.metadata == METADATA
    assert (pushed.module_digest, pushed.module_size) == (digest_of(MODULE), len(MODULE))
    assert copy(remote, local) == pushed.digest
    back = RegistryReference(registry.host, "mirror/hello")
    assert copy(local, back) == pushed.digest
    for place in (remote, local, replace(back, tag="1.0.0"), back.with_digest(pushed.digest)):
        assert describe(place) == pushed
        assert fetch(place) == (pushed, MODULE)
    pulled = pull(remote, tmp_path)
    artifact, path = pulled.artifact, pulled.path
    assert (artifact, path) == (pushed, tmp_path / "hello.wasm")
    assert path.read_bytes() == MODULE
    assert pull(local, tmp_path / "new" / "x.wasm").path.read_bytes() == MODULE


def test_second_push_uploads_nothing(registry: LoopbackRegistry, remote: RegistryReference) -> None:
    first = push(MODULE, METADATA, remote)
    registry.requests.clear()
    assert push(MODULE, METADATA, remote) == first
    assert registry.uploads == []


def test_default_tag_is_the_version(remote: RegistryReference, local: LayoutReference) -> None:
    push(MODULE, METADATA, replace(remote, tag=None))
    assert describe(remote).metadata == METADATA
    push(MODULE, METADATA, replace(local, tag=None))
    assert describe(local).metadata == METADATA
    with pytest.raises(BadInput, match=r"version '1.0\+b' cannot be a tag"):
        push(MODULE, replace(METADATA, version="1.0+b"), replace(remote, tag=None))


def test_push_to_a_pinned_destination(remote: RegistryReference) -> None:
    pushed = push(MODULE, METADATA, remote)
    assert push(MODULE, METADATA, remote.with_digest(pushed.digest)) == pushed
    with pytest.raises(Rejected, match="is pinned, and this module makes"):
        push(MODULE + b"\0", METADATA, remote.with_digest(pushed.digest))


@pytest.mark.parametrize("auth", ["anonymous", "basic", "token"])
def test_describe_takes_three_requests_and_never_a_blob(docker_config: Path, auth: str) -> None:
    with LoopbackRegistry(auth) as registry:  # type: ignore[arg-type]
        docker_config.write_text(registry.docker_config())
        where = parse(f"{registry.host}/acme/hello:1")
        pushed = push(MODULE, METADATA, where)
        registry.requests.clear()
        assert describe(where) == pushed
        assert len(registry.requests) <= 3
        assert not any("/blobs/" in path for _, path in registry.requests)


def test_copy_reads_no_blob_that_is_there(
    registry: LoopbackRegistry, remote: RegistryReference, local: LayoutReference
) -> None:
    push(MODULE, METADATA, remote)
    copy(remote, local)
    registry.requests.clear()
    copy(remote, local)
    assert not any("/blobs/" in path for _, path in registry.requests)


def test_copy_tags(remote: RegistryReference, local: LayoutReference) -> None:
    digest = push(MODULE, METADATA, remote).digest
    copy(remote, replace(remote, repository="b", tag="other"))
    assert describe(replace(remote, repository="b", tag="other")).digest == digest
    pinned = replace(remote, tag=None, digest=digest)
    assert copy(pinned, replace(remote, repository="c", tag=None)) == digest
    assert describe(replace(pinned, repository="c")).digest == digest
    with pytest.raises(BadInput, match="in a layout folder needs a tag"):
        copy(pinned, replace(local, tag=None))
    with pytest.raises(Rejected, match="is pinned, and"):
        copy(remote, replace(local, digest=digest_of(b"x")))
    assert not local.folder.exists()


def _index(registry: LoopbackRegistry, *children: dict[str, object]) -> str:
    """An index put there by somebody else, with odd spacing that must survive."""
    content = json.dumps({"schemaVersion": 2, "manifests": children}, indent=7).encode()
    digest = digest_of(content)
    registry.manifests.setdefault("acme/hello", {})[digest] = (INDEX, content)
    registry.tags.setdefault("acme/hello", {})["index"] = digest
    return digest


def _child(registry: LoopbackRegistry, digest: str, architecture: str) -> dict[str, object]:
    kind, content = registry.manifests["acme/hello"][digest]
    return {
        "mediaType": kind,
        "digest": digest,
        "size": len(content),
        "platform": {"os": "linux", "architecture": architecture},
    }


def test_index_is_copied_whole_and_its_child_is_pulled(
    registry: LoopbackRegistry, remote: RegistryReference, local: LayoutReference
) -> None:
    one = push(MODULE, METADATA, remote)
    two = push(MODULE, replace(METADATA, name="arm"), remote)
    index = _index(
        registry, _child(registry, two.digest, "arm64"), _child(registry, one.digest, "amd64")
    )
    where = replace(remote, tag="index")
    assert copy(where, local) == index
    registry.requests.clear()
    assert copy(local, replace(where, repository="mirror")) == index
    tagged = [path for method, path in registry.requests if method == "PUT" and "index" in path]
    assert tagged == ["/v2/mirror/manifests/index"]
    for place in (where, local, replace(where, repository="mirror")):
        led = replace(one, index=index)
        assert describe(place) == led
        assert fetch(place) == (led, MODULE)
    assert registry.manifests["mirror"].keys() == {index, one.digest, two.digest}


def test_index_that_no_consumer_takes(
    registry: LoopbackRegistry, remote: RegistryReference
) -> None:
    pushed = push(MODULE, METADATA, remote)
    where = replace(remote, tag="index")
    _index(registry, _child(registry, pushed.digest, "arm64"))
    with pytest.raises(BadInput, match="no child with platform linux/amd64 in index"):
        describe(where)
    inner = _index(registry, _child(registry, pushed.digest, "amd64"))
    _index(registry, _child(registry, inner, "amd64"))
    with pytest.raises(BadInput, match="is an index of indexes"):
        describe(where)


def test_indexes_without_end(
    registry: LoopbackRegistry, remote: RegistryReference, local: LayoutReference
) -> None:
    inner = push(MODULE, METADATA, remote).digest
    for _ in range(6):
        inner = _index(registry, _child(registry, inner, "amd64"))
    with pytest.raises(BadInput, match="nested more than 4 deep"):
        copy(replace(remote, tag="index"), local)


def test_what_is_not_there(remote: RegistryReference, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"acme/hello:1.0.0 is not there: .*404 MANIFEST_UNKNOWN"):
        pull(remote, tmp_path)
    assert not list(tmp_path.glob("*.wasm"))


def test_name_of_an_artifact_leads_nowhere(remote: RegistryReference, tmp_path: Path) -> None:
    push(MODULE, replace(METADATA, name="../../evil"), remote)
    out = tmp_path / "a" / "b"
    out.mkdir(parents=True)
    assert pull(remote, out).path.parent == out


def test_pull_to_where_nothing_can_be_written(remote: RegistryReference, tmp_path: Path) -> None:
    push(MODULE, METADATA, remote)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot write"):
        pull(remote, tmp_path / "file" / "x.wasm")


def test_verbs_import_without_oras() -> None:
    """The command line must start fast; only who talks to a registry pays for its client."""
    import subprocess
    import sys

    code = "import sys, tamis.verbs.push, tamis.verbs.copy; print('oras' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
