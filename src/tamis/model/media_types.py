"""The media types of what artifacts are made of, by the consumers that read them."""

__all__ = [
    "CNCF_CONFIG",
    "CNCF_MODULE",
    "DOCKER_CONFIG",
    "DOCKER_LIST",
    "DOCKER_MANIFEST",
    "DOCKER_TAR_GZIP",
    "HIGRESS_README",
    "HIGRESS_SPEC",
    "IMAGE_CONFIG",
    "OCI_INDEX",
    "OCI_MANIFEST",
    "OCI_TAR_GZIP",
    "WASM_CONFIG",
    "WASM_CONTENT",
]

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_TAR_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_TAR_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"

#: Istio and its forks.
WASM_CONFIG = "application/vnd.module.wasm.config.v1+json"
WASM_CONTENT = "application/vnd.module.wasm.content.layer.v1+wasm"

HIGRESS_SPEC = "application/vnd.module.wasm.spec.v1+yaml"
HIGRESS_README = "application/vnd.module.wasm.doc.v1+markdown"

CNCF_CONFIG = "application/vnd.wasm.config.v0+json"
CNCF_MODULE = "application/wasm"
