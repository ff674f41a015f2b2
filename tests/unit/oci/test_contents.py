"""Reading artifacts back: ours, other people's, and hostile ones."""

import gzip as python_gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.unpacked import unpacked

from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Descriptor, Metadata
from tamis.model.choices import LAYOUTS, Layout
from tamis.model.media_types import (
    DOCKER_MANIFEST,
    OCI_MANIFEST,
    OCI_TAR_GZIP,
    WASM_CONFIG,
    WASM_CONTENT,
)
from tamis.oci import (
    Index,
    Manifest,
    child,
    described,
    extract,
    pack,
    parse,
    stored,
)
from tamis.oci.blobs import InMemory
from tamis.oci.digests import digest_of
from tamis.oci.packing import extract as extracting
from tamis.oci.packing.gzip import compressed
from tamis.oci.packing.metadata import MODULE_SIZE, module_facts
from tamis.oci.packing.tar import archived

MODULE = b"\0asm\1\0\0\0" + b"m" * 300
METADATA = Metadata("hello", "1.0.0", "d", "MIT", abi="0.2.1", config="{}", targets=("a", "b"))
DOCKER_TAR = "application/vnd.docker.image.rootfs.diff.tar.gzip"


def zipped(content: bytes) -> bytes:
    return b"".join(compressed([content]))


def tarred(content: bytes) -> bytes:
    return b"".join(archived(InMemory(content)))


PACKED = zipped(tarred(MODULE))


class Blobs(dict[str, bytes]):
    """Blobs by digest, and manifests that name them."""

    def add(self, media_type: str, content: bytes) -> dict[str, Any]:
        self[digest_of(content)] = content
        return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}

    def manifest(
        self, *layers: tuple[str, bytes], media_type: str = OCI_MANIFEST, **more: object
    ) -> Manifest:
        document = {
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": self.add("application/vnd.oci.empty.v1+json", b"{}"),
            "layers": [self.add(*layer) for layer in layers],
            **more,
        }
        found = parse(stored(json.dumps(document, indent=3).encode()))
        assert isinstance(found, Manifest)
        return found

    def read(self, descriptor: Descriptor) -> bytes:
        return self[descriptor.digest]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("module", [MODULE, MODULE + hashlib.shake_128(b"x").digest(1 << 20)])
def test_round_trip(layout: Layout, module: bytes) -> None:
    packed = pack(module, METADATA, layout)
    manifest = parse(stored(packed.manifest))
    assert isinstance(manifest, Manifest)
    blobs = {blob.descriptor.digest: blob.content for blob in packed.blobs}
    artifact, written = unpacked(manifest, lambda d: blobs[d.digest])
    assert written == module
    assert artifact == described(manifest, "sha256:x", lambda d: blobs[d.digest])
    assert artifact.metadata == METADATA
    assert artifact.layout == layout
    assert artifact.module_digest == digest_of(module)
    assert artifact.module_size == len(module)
    assert artifact.layer_size == packed.layers[-1].descriptor.size


FOREIGN = {
    "docker": ([("x", b"base"), (DOCKER_TAR, PACKED)], DOCKER_MANIFEST, "docker"),
    "higress": (
        [
            ("application/vnd.module.wasm.spec.v1+yaml", b"spec"),
            ("application/vnd.module.wasm.doc.v1+markdown", b"doc"),
            (OCI_TAR_GZIP, PACKED),
        ],
        OCI_MANIFEST,
        "higress",
    ),
    "wasme": ([(WASM_CONFIG, b"{}"), (WASM_CONTENT, MODULE)], OCI_MANIFEST, "istio"),
    "wkg": ([("application/wasm", MODULE)], OCI_MANIFEST, "cncf"),
    "other order": ([(WASM_CONTENT, MODULE), ("any/thing", b"")], OCI_MANIFEST, "istio"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign(name: str) -> None:
    layers, media_type, layout = FOREIGN[name]
    blobs = Blobs()
    manifest = blobs.manifest(*layers, media_type=media_type)
    found, module = unpacked(manifest, blobs.read, name="repo", version="2")
    assert module == MODULE
    assert found.metadata == Metadata(name="repo", version="2")
    assert (found.module_digest, found.module_size) == (digest_of(MODULE), len(MODULE))
    artifact = described(manifest, "sha256:x", name="repo")
    assert artifact.layout == found.layout == layout
    assert artifact.module_digest == (digest_of(MODULE) if layout in {"istio", "cncf"} else "")


def test_foreign_annotations_are_used() -> None:
    blobs = Blobs()
    notes = {
        "org.opencontainers.image.title": "theirs",
        "org.opencontainers.image.version": "3",
        "org.opencontainers.image.licenses": "MIT",
        "org.opencontainers.image.source": "https://git.example/theirs",
    }
    manifest = blobs.manifest((OCI_TAR_GZIP, PACKED), annotations=notes)
    found, _ = unpacked(manifest, blobs.read, name="repo", version="2")
    assert found.metadata == Metadata(
        "theirs", "3", license="MIT", source_url="https://git.example/theirs"
    )


def _link() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        info = tarfile.TarInfo("plugin.wasm")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(info)
    return zipped(out.getvalue())


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([], "no Wasm artifact: its layers are none"),
        ([("application/wasm", MODULE)] * 2, "its layers are application/wasm, application/wasm"),
        ([(DOCKER_TAR, PACKED)], "no Wasm artifact"),
        ([(WASM_CONTENT, MODULE)], "number of layers must be 2 but got 1"),
        ([(WASM_CONTENT, MODULE), ("a", b""), ("b", b"")], "must be 2 but got 3"),
        ([(OCI_TAR_GZIP, PACKED), ("a", b"")], "layer 1 of 2 is .* must be the last"),
        ([(OCI_TAR_GZIP, PACKED[:-9])], "unexpected EOF"),
        ([(OCI_TAR_GZIP, tarred(MODULE))], "gzip: invalid header"),
        ([(OCI_TAR_GZIP, zipped(MODULE + bytes(512)))], "archive/tar: invalid tar header"),
        ([(OCI_TAR_GZIP, zipped(tarred(b"text, not a module")))], "not a WebAssembly module"),
        ([(OCI_TAR_GZIP, _link())], "is a link or a folder"),
        ([(WASM_CONTENT, zipped(MODULE)), ("a", b"")], "not a WebAssembly module"),
    ],
)
def test_refuses_layers(layers: list[tuple[str, bytes]], said: str) -> None:
    blobs = Blobs()
    with pytest.raises(BadInput, match=said):
        unpacked(blobs.manifest(*layers), blobs.read)


def test_refuses_a_layer_too_large_before_reading_it() -> None:
    layer = Descriptor(OCI_TAR_GZIP, digest_of(b""), 1 << 40)

    def read(_: Descriptor) -> bytes:
        raise AssertionError

    with pytest.raises(BadInput, match="more than consumers take"):
        unpacked(Manifest(OCI_MANIFEST, None, (layer,), {}), read)


@pytest.mark.parametrize("layers", [[(OCI_TAR_GZIP, PACKED)], [("application/wasm", MODULE)]])
def test_refuses_another_module_than_promised(layers: list[tuple[str, bytes]]) -> None:
    blobs = Blobs()
    notes = {"dev.tamis.module.digest": digest_of(b"other")}
    manifest = blobs.manifest(*layers, annotations=notes)
    with pytest.raises(Rejected, match="its manifest promises"):
        unpacked(manifest, blobs.read)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"name":"a"}', "has no 'version'"),
        ('{"name":"a","version":1}', "'version' cannot be 1"),
        ('{"name":"a","version":"1","context":"moon"}', "'context' cannot be \"moon\""),
        ('{"name":"a","version":"1","targets":"x"}', "'targets' cannot be"),
        ('{"name":"a","version":"1","targets":[1]}', "'targets' cannot be"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_refuses_metadata(text: str, said: str) -> None:
    blobs = Blobs()
    manifest = blobs.manifest((OCI_TAR_GZIP, PACKED), annotations={"dev.tamis.metadata": text})
    with pytest.raises(BadInput, match=said):
        described(manifest, "sha256:x")


def test_metadata_of_a_later_version_is_read() -> None:
    blobs = Blobs()
    text = '{"name":"a","version":"1","colour":["red"]}'
    manifest = blobs.manifest((OCI_TAR_GZIP, PACKED), annotations={"dev.tamis.metadata": text})
    assert described(manifest, "").metadata == Metadata(name="a", version="1")


def _descriptor(name: str) -> Descriptor:
    return Descriptor(OCI_MANIFEST, digest_of(name.encode()), 1)


def test_child_is_the_one_consumers_take() -> None:
    arm, amd, plain = (_descriptor(name) for name in ("arm", "amd", "plain"))
    assert child(Index("", (("linux/arm64", arm), ("linux/amd64", amd), ("", plain)))) == amd
    assert child(Index("", (("linux/arm64", arm), ("", plain)))) == plain
    with pytest.raises(BadInput, match="no child with platform linux/amd64 in index"):
        child(Index("", (("linux/arm64", arm), ("unknown/unknown", amd))))


def test_a_size_of_too_many_digits_is_none() -> None:
    assert module_facts({MODULE_SIZE: "9" * 5000}) == ("", 0)
    assert module_facts({MODULE_SIZE: "12"}) == ("", 12)


class _Counting:
    """A source that knows how much of it was read."""

    def __init__(self, content: bytes) -> None:
        self.size, self.left, self._content = len(content), len(content), content

    @contextmanager
    def open(self, start: int = 0) -> Iterator[Any]:
        file = io.BytesIO(self._content)
        yield self
        file.close()

    def read(self, size: int) -> bytes:
        at = self.size - self.left
        piece = self._content[at : at + size]
        self.left -= len(piece)
        return piece


def test_extract_reads_a_blob_to_its_end_which_verifies_it() -> None:
    blobs = Blobs()
    manifest = blobs.manifest((OCI_TAR_GZIP, PACKED + bytes(300_000)))
    source = _Counting(blobs[manifest.layers[0].digest])
    extract(manifest, described(manifest, ""), lambda _: source, io.BytesIO())
    assert source.left == 0


def test_what_is_no_module_is_refused_at_its_first_bytes() -> None:
    blobs = Blobs()
    manifest = blobs.manifest((WASM_CONTENT, bytes(20 << 20)), ("a", b""))
    file = io.BytesIO()
    with pytest.raises(BadInput, match="not a WebAssembly module"):
        extract(manifest, described(manifest, ""), lambda d: InMemory(blobs[d.digest]), file)
    assert file.getvalue() == b""


def test_a_bomb_behind_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extracting, "_ARCHIVE_LIMIT", 1 << 20)
    blobs = Blobs()
    manifest = blobs.manifest((OCI_TAR_GZIP, PACKED + python_gzip.compress(bytes(20 << 20))))
    with pytest.raises(BadInput, match="unpacks to more than 1 MiB"):
        unpacked(manifest, blobs.read)


@pytest.mark.parametrize(
    "text", [b"{", b"[]", b'{"config":[]}', b'{"config":{"Labels":["a"]}}', b"{}"]
)
def test_labels_that_are_none(text: bytes) -> None:
    blobs = Blobs()
    config = blobs.add("application/vnd.docker.container.image.v1+json", text)
    manifest = blobs.manifest((DOCKER_TAR, PACKED), media_type=DOCKER_MANIFEST, config=config)
    assert described(manifest, "", blobs.read, name="n").metadata == Metadata("n", "")


def test_annotations_win_over_labels_and_need_no_other_request() -> None:
    packed = pack(MODULE, METADATA, "image")
    manifest = parse(stored(packed.manifest))
    assert isinstance(manifest, Manifest)

    def read(_: Descriptor) -> bytes:
        raise AssertionError

    assert described(manifest, "", read).metadata == METADATA
