"""Artifacts as bytes: their digests are pinned here, and every reader of layouts takes them."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tamis.errors import BadInput
from tamis.model import media_types
from tamis.model.artifact import Metadata
from tamis.model.choices import LAYOUTS, Layout
from tamis.model.media_types import DOCKER_MANIFEST
from tamis.oci.blobs import InFile
from tamis.oci.digests import digest_of
from tamis.oci.packing import module
from tamis.oci.packing.pack import pack, pack_index

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
    "image": "sha256:9f86aa37c6471902516d7008af013dfcce0a304f66306dc14d5515afcf133566",
    "istio": "sha256:deb7e2c6e1e0e6cd701522349a3137db9de60604d17e4cd553f73c8411144eac",
    "docker": "sha256:be619cc199afe072228663105f384921e50e71984bddf7ec2902bb66f9cd3d91",
    "higress": "sha256:7dd6aaa0cfe040ef6e5f59c9be7d676830fd5f92e68b319be75e4f814f45c367",
    "cncf": "sha256:72de241bd5de950b4edce6cf0bc6490a3c7f79fc194a66c8c3b8b1d1178d912f",
}
GOLDEN_INDEX = "sha256:b44b1615524f9507fee71b7d8ac9312972407085297d9f3c96bd4035df150254"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_golden_digest(layout: Layout) -> None:
    """The pinned bytes: if this fails, digests of artifacts that users pinned have changed."""
    assert pack(MODULE, METADATA, layout).digest == GOLDEN[layout]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_descriptors_hold(layout: Layout) -> None:
    packed = pack(MODULE, METADATA, layout)
    assert packed.digest == digest_of(packed.manifest)
    for blob in packed.blobs:
        assert blob.descriptor.digest == digest_of(blob.content)
        assert blob.descriptor.size == len(blob.content)
    document = json.loads(packed.manifest)
    named = [document["config"]["digest"], *(layer["digest"] for layer in document["layers"])]
    assert named == [blob.descriptor.digest for blob in packed.blobs]
    told = document.get("annotations") or json.loads(packed.config.content)["config"]["Labels"]
    assert told["org.opencontainers.image.version"] == "1.0.0"
    assert "org.opencontainers.image.created" not in told
    assert b'": ' not in packed.config.content
    assert b"\n" not in packed.manifest


def test_image_ends_with_the_archive() -> None:
    document = json.loads(pack(MODULE, METADATA, "image").manifest)
    assert document["layers"][-1]["mediaType"] == media_types.OCI_TAR_GZIP
    assert document["config"]["mediaType"] == media_types.IMAGE_CONFIG


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
    assert kinds == [media_types.WASM_CONFIG, media_types.WASM_CONTENT]
    assert packed.layers[1].content == MODULE
    assert json.loads(packed.layers[0].content) == {
        "type": "envoy_proxy",
        "abiVersions": ["0.2.1"],
        "config": {"rootIds": ["r"]},
    }


def test_docker_is_the_same_image_in_the_older_manifest() -> None:
    image, packed = pack(MODULE, METADATA, "image"), pack(MODULE, METADATA, "docker")
    document = json.loads(packed.manifest)
    assert document["mediaType"] == packed.media_type == DOCKER_MANIFEST
    assert "annotations" not in document
    assert [layer["mediaType"] for layer in document["layers"]] == [media_types.DOCKER_TAR_GZIP]
    assert packed.layers[0].content == image.layers[0].content
    assert packed.config.content == image.config.content


@pytest.mark.parametrize("layout", ["image", "docker", "higress"])
def test_labels_say_what_annotations_say(layout: Layout) -> None:
    packed = pack(MODULE, METADATA, layout)
    labels = json.loads(packed.config.content)["config"]["Labels"]
    assert labels == json.loads(pack(MODULE, METADATA, "istio").manifest)["annotations"]


def test_cncf_is_the_module_alone() -> None:
    packed = pack(MODULE, METADATA, "cncf")
    assert [layer.content for layer in packed.layers] == [MODULE]
    assert packed.layers[0].descriptor.media_type == media_types.CNCF_MODULE
    assert packed.config.descriptor.media_type == media_types.CNCF_CONFIG
    assert json.loads(packed.config.content) == {
        "created": "1970-01-01T00:00:00Z",
        "architecture": "wasm",
        "os": "wasip1",
        "layerDigests": [digest_of(MODULE)],
    }


def _spec(known: Metadata) -> Any:
    (spec, readme, module) = pack(MODULE, known, "higress").layers
    assert spec.descriptor.media_type == media_types.HIGRESS_SPEC
    assert readme.descriptor.media_type == media_types.HIGRESS_README
    assert readme.content.startswith(b"# hello\n")
    assert module.descriptor.media_type == media_types.OCI_TAR_GZIP
    return YAML(typ="safe").load(spec.content)


def test_higress_console_reads_the_specification() -> None:
    schema = {"$schema": "x", "type": "object", "properties": {"a": {"type": "integer"}}}
    spec = _spec(replace(METADATA, config_schema=json.dumps(schema)))
    assert spec["apiVersion"] == "1.0.0"
    assert spec["info"] == {
        "category": "custom",
        "name": "hello",
        "title": "hello",
        "description": METADATA.description,
        "version": "1.0.0",
    }
    assert spec["spec"]["configSchema"]["openAPIV3Schema"] == {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "example": {"a": 1},
    }


@pytest.mark.parametrize("text", ["", "plain text: {", "[1]", "[" * 100_000])
def test_higress_without_a_configuration_of_json(text: str) -> None:
    known = replace(METADATA, config=text, config_schema=text, description='"no": [yes, \n on]')
    spec = _spec(known)
    assert spec["info"]["description"] == '"no": [yes, \n on]'
    assert spec["spec"]["configSchema"]["openAPIV3Schema"] == {"type": "object"}


def test_index_has_a_child_for_each_kind_of_consumer() -> None:
    index, packed = pack_index(MODULE, METADATA, ("image", "cncf"))
    document = json.loads(index.content)
    assert index.digest == GOLDEN_INDEX == digest_of(index.content)
    assert [(c["digest"], c["platform"]) for c in document["manifests"]] == [
        (packed[0].digest, {"architecture": "amd64", "os": "linux"}),
        (packed[1].digest, {"architecture": "wasm", "os": "wasip1"}),
    ]
    assert [each.digest for each in packed] == [GOLDEN["image"], GOLDEN["cncf"]]
    assert document["annotations"]["org.opencontainers.image.version"] == "1.0.0"


@pytest.mark.parametrize("layouts", [("image", "istio"), ("docker", "cncf", "higress")])
def test_index_has_one_child_for_a_platform(layouts: tuple[Layout, ...]) -> None:
    with pytest.raises(
        BadInput, match=f"one of {layouts[0]} and {layouts[-1]}: both are for linux"
    ):
        pack_index(MODULE, METADATA, layouts)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_file_is_packed_as_bytes_are(tmp_path: Path, layout: Layout) -> None:
    """Its layer is kept on disk: it is larger than what is held in memory."""
    module = MODULE + hashlib.shake_128(b"tamis").digest(5 << 20)
    (tmp_path / "x.wasm").write_bytes(module)
    packed = pack(InFile(tmp_path / "x.wasm"), METADATA, layout)
    assert packed.digest == pack(module, METADATA, layout).digest
    layer = packed.layers[-1]
    assert digest_of(layer.content) == layer.descriptor.digest
    with layer.source.open(4000) as one, layer.source.open(8000) as other:
        assert one.read(5000)[4000:] == other.read(1000) == layer.content[8000:9000]


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


@pytest.mark.parametrize("layout", LAYOUTS)
def test_registries_find_the_source(layout: Layout) -> None:
    """In annotations, and in labels, which are what they read of a docker image."""
    known = replace(METADATA, source_url="https://github.com/acme/hello")
    packed = pack(MODULE, known, layout)
    told = [json.loads(packed.manifest).get("annotations")]
    config = json.loads(packed.config.content)
    told += [config["config"].get("Labels")] if layout in ("image", "docker", "higress") else []
    found = {each["org.opencontainers.image.source"] for each in told if each}
    assert found == {known.source_url}
    assert len([each for each in told if each]) == {"image": 2, "higress": 2}.get(layout, 1)


def test_refuses_what_consumers_truncate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_MODULE", len(MODULE) - 1)
    with pytest.raises(BadInput, match="consumers truncate"):
        pack(MODULE, METADATA)
