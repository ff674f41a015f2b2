"""Artifacts as bytes: their digests are pinned here, and every reader of layouts takes them."""

import json
from dataclasses import replace

import pytest

from tamis.errors import BadInput
from tamis.model.artifact import Layout, Metadata
from tamis.oci.digests import digest_of
from tamis.oci.packing import pack as layouts
from tamis.oci.packing.pack import pack

MODULE = b"\0asm\1\0\0\0" + bytes(range(256)) * 20
METADATA = Metadata(
    name="hello",
    version="1.0.0",
    description="says hello, même en français",
    license="Apache-2.0",
    abi="0.2.1",
    root_id="r",
    config='{"a":1}',
    targets=("istio@1.30",),
)

GOLDEN: dict[Layout, str] = {
    "image": "sha256:60a4539b4df432e89b3e0ee144f67c22c44417db41a26bee5d8c9c7f6a231e56",
    "istio": "sha256:deb7e2c6e1e0e6cd701522349a3137db9de60604d17e4cd553f73c8411144eac",
}


@pytest.mark.parametrize("layout", ["image", "istio"])
def test_golden_digest(layout: Layout) -> None:
    """The pinned bytes: if this fails, digests of artifacts that users pinned have changed."""
    assert pack(MODULE, METADATA, layout).digest == GOLDEN[layout]


@pytest.mark.parametrize("layout", ["image", "istio"])
def test_descriptors_hold(layout: Layout) -> None:
    packed = pack(MODULE, METADATA, layout)
    assert packed.digest == digest_of(packed.manifest)
    for blob in packed.blobs:
        assert blob.descriptor.digest == digest_of(blob.content)
        assert blob.descriptor.size == len(blob.content)
    document = json.loads(packed.manifest)
    named = [document["config"]["digest"], *(layer["digest"] for layer in document["layers"])]
    assert named == [blob.descriptor.digest for blob in packed.blobs]
    assert document["annotations"]["org.opencontainers.image.version"] == "1.0.0"
    assert b", " not in packed.config.content
    assert b"\n" not in packed.manifest


def test_image_ends_with_the_archive() -> None:
    document = json.loads(pack(MODULE, METADATA, "image").manifest)
    assert document["layers"][-1]["mediaType"] == layouts.OCI_TAR_GZIP
    assert document["config"]["mediaType"] == layouts.IMAGE_CONFIG


def test_image_config_names_the_unpacked_layer() -> None:
    import gzip

    packed = pack(MODULE, METADATA, "image")
    config = json.loads(packed.config.content)
    unpacked = gzip.decompress(packed.layers[0].content)
    assert config["rootfs"] == {"type": "layers", "diff_ids": [digest_of(unpacked)]}
    assert (config["os"], config["architecture"]) == ("linux", "amd64")


def test_istio_has_exactly_two_layers_one_of_them_raw() -> None:
    packed = pack(MODULE, METADATA, "istio")
    kinds = [layer.descriptor.media_type for layer in packed.layers]
    assert kinds == [layouts.WASM_CONFIG, layouts.WASM_CONTENT]
    assert packed.layers[1].content == MODULE
    assert json.loads(packed.layers[0].content) == {
        "type": "envoy_proxy",
        "abiVersions": ["0.2.1"],
        "config": {"rootIds": ["r"]},
    }


def test_metadata_shows_in_the_digest() -> None:
    other = replace(METADATA, version="1.0.1")
    assert pack(MODULE, METADATA).digest != pack(MODULE, other).digest


@pytest.mark.parametrize(
    ("module", "metadata", "said"),
    [
        (b"", METADATA, "not a WebAssembly module"),
        (b"\0asm\1\0\0", METADATA, "not a WebAssembly module"),
        (b"#!/bin/sh\n", METADATA, "not a WebAssembly module"),
        (MODULE, replace(METADATA, config_schema="x" * (4 << 20)), "manifest would take"),
    ],
)
def test_refuses(module: bytes, metadata: Metadata, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        pack(module, metadata)


def test_refuses_what_consumers_truncate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "MAX_MODULE", len(MODULE) - 1)
    with pytest.raises(BadInput, match="consumers truncate"):
        pack(MODULE, METADATA)
