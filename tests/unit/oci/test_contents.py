"""Reading artifacts back: ours, other people's, and hostile ones."""

import io
import json
import tarfile
from typing import Any

import pytest

from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Descriptor, Layout, Metadata
from tamis.oci import Index, Manifest, child, described, pack, parse, stored, unpack
from tamis.oci.digests import digest_of
from tamis.oci.manifests import DOCKER_MANIFEST, OCI_MANIFEST
from tamis.oci.packing import gzip, tar
from tamis.oci.packing.metadata import MODULE_SIZE, module_facts
from tamis.oci.packing.pack import OCI_TAR_GZIP, WASM_CONFIG, WASM_CONTENT

MODULE = b"\0asm\1\0\0\0" + b"m" * 300
METADATA = Metadata("hello", "1.0.0", "d", "MIT", abi="0.2.1", config="{}", targets=("a", "b"))
DOCKER_TAR = "application/vnd.docker.image.rootfs.diff.tar.gzip"
PACKED = gzip.compress(tar.write(MODULE))


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


@pytest.mark.parametrize("layout", ["image", "istio"])
def test_round_trip(layout: Layout) -> None:
    packed = pack(MODULE, METADATA, layout)
    manifest = parse(stored(packed.manifest))
    assert isinstance(manifest, Manifest)
    blobs = {blob.descriptor.digest: blob.content for blob in packed.blobs}
    assert unpack(manifest, lambda d: blobs[d.digest]) == (METADATA, MODULE)
    artifact = described(manifest, packed.digest)
    assert artifact.metadata == METADATA
    assert artifact.layout == layout
    assert artifact.module_digest == digest_of(MODULE)
    assert artifact.module_size == len(MODULE)
    assert artifact.layer_size == packed.layers[-1].descriptor.size


FOREIGN = {
    "docker": ([("x", b"base"), (DOCKER_TAR, PACKED)], DOCKER_MANIFEST, "image"),
    "higress": (
        [
            ("application/vnd.module.wasm.spec.v1+yaml", b"spec"),
            ("application/vnd.module.wasm.doc.v1+markdown", b"doc"),
            (OCI_TAR_GZIP, PACKED),
        ],
        OCI_MANIFEST,
        "image",
    ),
    "wasme": ([(WASM_CONFIG, b"{}"), (WASM_CONTENT, MODULE)], OCI_MANIFEST, "istio"),
    "other order": ([(WASM_CONTENT, MODULE), ("any/thing", b"")], OCI_MANIFEST, "istio"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign(name: str) -> None:
    layers, media_type, layout = FOREIGN[name]
    blobs = Blobs()
    manifest = blobs.manifest(*layers, media_type=media_type)
    metadata, module = unpack(manifest, blobs.read, name="repo", version="2")
    assert module == MODULE
    assert metadata == Metadata(name="repo", version="2")
    artifact = described(manifest, "sha256:x", name="repo")
    assert artifact.layout == layout
    assert artifact.module_digest == ("" if layout == "image" else digest_of(MODULE))


def test_foreign_annotations_are_used() -> None:
    blobs = Blobs()
    notes = {
        "org.opencontainers.image.title": "theirs",
        "org.opencontainers.image.version": "3",
        "org.opencontainers.image.licenses": "MIT",
    }
    manifest = blobs.manifest((OCI_TAR_GZIP, PACKED), annotations=notes)
    metadata, _ = unpack(manifest, blobs.read, name="repo", version="2")
    assert metadata == Metadata(name="theirs", version="3", license="MIT")


def _link() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        info = tarfile.TarInfo("plugin.wasm")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(info)
    return gzip.compress(out.getvalue())


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([], "no Wasm artifact: its layers are none"),
        ([("application/wasm", MODULE)], "no Wasm artifact: its layers are application/wasm"),
        ([(DOCKER_TAR, PACKED)], "no Wasm artifact"),
        ([(WASM_CONTENT, MODULE)], "number of layers must be 2 but got 1"),
        ([(WASM_CONTENT, MODULE), ("a", b""), ("b", b"")], "must be 2 but got 3"),
        ([(OCI_TAR_GZIP, PACKED), ("a", b"")], "layer 1 of 2 is .* must be the last"),
        ([(OCI_TAR_GZIP, PACKED[:-9])], "ends early"),
        ([(OCI_TAR_GZIP, tar.write(MODULE))], "not valid gzip"),
        ([(OCI_TAR_GZIP, gzip.compress(MODULE))], "not a valid tar"),
        ([(OCI_TAR_GZIP, gzip.compress(tar.write(b"text")))], "not a WebAssembly module"),
        ([(OCI_TAR_GZIP, _link())], "is a link or a folder"),
        ([(WASM_CONTENT, gzip.compress(MODULE)), ("a", b"")], "not a WebAssembly module"),
    ],
)
def test_refuses_layers(layers: list[tuple[str, bytes]], said: str) -> None:
    blobs = Blobs()
    with pytest.raises(BadInput, match=said):
        unpack(blobs.manifest(*layers), blobs.read)


def test_refuses_a_layer_too_large_before_reading_it() -> None:
    layer = Descriptor(OCI_TAR_GZIP, digest_of(b""), 1 << 40)

    def read(_: Descriptor) -> bytes:
        raise AssertionError

    with pytest.raises(BadInput, match="more than consumers take"):
        unpack(Manifest(OCI_MANIFEST, None, (layer,), {}), read)


def test_refuses_another_module_than_promised() -> None:
    blobs = Blobs()
    notes = {"dev.tamis.module.digest": digest_of(b"other")}
    manifest = blobs.manifest((OCI_TAR_GZIP, PACKED), annotations=notes)
    with pytest.raises(Rejected, match="its manifest promises"):
        unpack(manifest, blobs.read)


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
