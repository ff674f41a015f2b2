"""The rules of Istio's image fetcher, as it was seen to answer to each arrangement."""

import pytest

from tamis.checks import packaging
from tamis.profiles import resolve

OCI = "application/vnd.oci.image.manifest.v1+json"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
WASM = "application/vnd.module.wasm.content.layer.v1+wasm"
CONFIG = "application/vnd.module.wasm.config.v1+json"
ISTIO = resolve("istio@1.30")


def manifest(media_type: str, *layers: str) -> dict[str, object]:
    return {"mediaType": media_type, "layers": [{"mediaType": layer} for layer in layers]}


ACCEPTED = [
    (manifest(OCI, OCI_LAYER), ["plugin.wasm"]),
    (manifest(OCI, OCI_LAYER), ["README.md", "any/folder/plugin.wasm"]),
    (manifest(OCI, OCI_LAYER), None),
    (manifest(OCI, "text/markdown", "a/b", OCI_LAYER), ["plugin.wasm"]),
    (manifest("", OCI_LAYER), ["plugin.wasm"]),
    (manifest(OCI, WASM, CONFIG), None),
    (manifest(OCI, CONFIG, WASM), None),
    (manifest(DOCKER, DOCKER_LAYER), ["plugin.wasm"]),
    ({"manifests": [{"platform": {"os": "linux", "architecture": "amd64"}}]}, None),
    ({"manifests": [{}]}, None),
]
REFUSED = [
    (manifest(OCI), None, "number of layers must be greater than zero"),
    (manifest(OCI, WASM), None, "number of layers must be 2 but got 1"),
    (manifest(OCI, WASM, CONFIG, CONFIG), None, "number of layers must be 2 but got 3"),
    (manifest(OCI, "application/wasm"), None, f"application/wasm (expect {OCI_LAYER})"),
    (manifest(OCI, CONFIG, CONFIG), None, f"could not find the layer of type {WASM}"),
    (manifest(OCI, OCI_LAYER, CONFIG), None, f"could not find the layer of type {WASM}"),
    (manifest(OCI, OCI_LAYER), ["filter.wasm"], "plugin.wasm not found in the archive"),
    (manifest(OCI, "application/vnd.oci.image.layer.v1.tar"), None, "invalid media type"),
    (manifest(OCI, "application/vnd.oci.image.layer.v1.tar+zstd"), None, "invalid media type"),
    (manifest(DOCKER, OCI_LAYER), None, f"(expect {DOCKER_LAYER})"),
    (manifest(DOCKER, DOCKER_LAYER), [], "plugin.wasm not found in the archive"),
    (manifest(DOCKER, WASM, CONFIG), None, f"(expect {DOCKER_LAYER})"),
    (
        {"manifests": [{"platform": {"os": "linux", "architecture": "arm64"}}]},
        None,
        "no child with platform linux/amd64 in index",
    ),
    ({"manifests": []}, None, "no child with platform linux/amd64 in index"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "files"), ACCEPTED)
def test_accepted(value: dict[str, object], files: list[str] | None) -> None:
    assert packaging(value, ISTIO, files=files) == ()


@pytest.mark.parametrize(("value", "files", "words"), REFUSED)
def test_refused_in_istios_words(
    value: dict[str, object], files: list[str] | None, words: str
) -> None:
    (finding,) = packaging(value, ISTIO, files=files)
    assert words in finding.message
    assert finding.severity == "error"
    assert finding.advice


def test_a_target_that_pulls_nothing_has_no_opinion() -> None:
    assert packaging(manifest(OCI), resolve("envoy")) == ()
