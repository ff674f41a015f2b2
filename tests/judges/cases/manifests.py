"""Cases by manifest: the layouts in use, layers too many and too few, media types, descriptors."""

import base64
import json

from tests.images import Image, file, layer
from tests.judges.cases.parts import (
    CNCF_CONFIG,
    CNCF_MODULE,
    CONFIG,
    CONTENT,
    DOCKER_CONFIG,
    DOCKER_LAYER,
    DOCKER_MANIFEST,
    EMPTY,
    MODULE,
    OCI_LAYER,
    OCI_MANIFEST,
    OTHER,
    SPEC_CONFIG,
    Case,
    image,
    part,
    raw,
    tarball,
)

__all__ = ["DESCRIPTORS", "LAYERS", "LAYOUTS", "MANIFESTS", "MEDIA_TYPES"]

_PLUGIN = file("plugin.wasm", MODULE)
_GOOD = tarball()
_CONTENT = part(CONTENT, MODULE)
_SPEC = part(SPEC_CONFIG, b'{"type":"envoy_proxy","abiVersions":["v0-2-1"],"config":{}}')
_EMPTY = part(EMPTY, b"{}")
_HIGRESS = (
    part("application/vnd.module.wasm.spec.v1+yaml", b"apiVersion: 1.0.0\n"),
    part("application/vnd.module.wasm.doc.v1+markdown", b"# plugin\n"),
)
_BASE = tarball(file("etc/os-release", b"ID=none\n"))
_DOCKER = tarball(kind=DOCKER_LAYER)

LAYOUTS = {
    "image": Case(image(_GOOD)),
    "image with layers below": Case(image(_BASE, _BASE, _GOOD)),
    "istio": Case(image(_SPEC, _CONTENT)),
    "istio, the module first": Case(image(_CONTENT, _SPEC)),
    "istio, the other layer of any type": Case(image(part("text/plain", b"x"), _CONTENT)),
    "istio of oras, all configuration empty": Case(image(_EMPTY, _CONTENT, config=_EMPTY)),
    "docker schema2": Case(image(_DOCKER, kind=DOCKER_MANIFEST)),
    "docker schema2 with layers below": Case(
        image(tarball(file("a", b"a"), kind=DOCKER_LAYER), _DOCKER, kind=DOCKER_MANIFEST)
    ),
    "higress": Case(image(*_HIGRESS, _GOOD)),
    "cncf": Case(image(part(CNCF_MODULE, MODULE), config=part(CNCF_CONFIG, b"{}"))),
    "cncf with a second layer": Case(image(_SPEC, part(CNCF_MODULE, MODULE))),
}

LAYERS = {
    "no layers": Case(image()),
    "no key layers": Case(image(layers=None)),
    "no layers in docker schema2": Case(image(kind=DOCKER_MANIFEST)),
    "a single content layer": Case(image(_CONTENT)),
    "three layers, one of content": Case(image(_SPEC, _HIGRESS[1], _CONTENT)),
    "two layers of content": Case(image(part(CONTENT, OTHER), _CONTENT)),
    "tar+gzip not last": Case(image(_GOOD, _HIGRESS[0])),
    "tar+gzip not last of three": Case(image(_HIGRESS[0], _GOOD, _HIGRESS[1])),
    "plugin.wasm not in the last tar+gzip": Case(image(_GOOD, _BASE)),
    "plugin.wasm in two layers": Case(image(tarball(file("plugin.wasm", OTHER)), _GOOD)),
    "both forms, tar+gzip last": Case(image(part(CONTENT, OTHER), _GOOD)),
    "both forms, content last": Case(image(_GOOD, part(CONTENT, OTHER))),
    "both forms, nothing in the tar+gzip": Case(image(_CONTENT, _BASE)),
    "one blob as both layers": Case(image(_CONTENT, part(SPEC_CONFIG, MODULE))),
    "one blob as both layers, content last": Case(image(part(SPEC_CONFIG, MODULE), _CONTENT)),
    "the module as configuration, too": Case(image(_SPEC, _CONTENT, config=part(CONFIG, MODULE))),
    "content that is gzipped": Case(image(_SPEC, part(CONTENT, layer(_PLUGIN)))),
    "content that is empty": Case(image(_SPEC, part(CONTENT, b""))),
    "content of 7 bytes": Case(image(_SPEC, part(CONTENT, MODULE[:7]))),
    "content of 8 bytes": Case(image(_SPEC, part(CONTENT, MODULE[:8]))),
    "content that is a component": Case(image(_SPEC, part(CONTENT, b"\0asm\r\0\1\0"))),
    "content that is text": Case(image(_SPEC, part(CONTENT, b"(module)  "))),
    "whiteout of plugin.wasm last": Case(image(_GOOD, tarball(file(".wh.plugin.wasm")))),
}


def _typed(*kinds: str) -> Case:
    """Good layers of tar+gzip, called so."""
    return Case(image(*(tarball(kind=kind) for kind in kinds)))


MEDIA_TYPES = {
    "plain tar": Case(
        image(part("application/vnd.oci.image.layer.v1.tar", layer(_PLUGIN, pack="plain")))
    ),
    "tar+zstd": Case(
        image(part("application/vnd.oci.image.layer.v1.tar+zstd", layer(_PLUGIN, pack="zstd")))
    ),
    "plain tar called tar+gzip": Case(image(part(OCI_LAYER, layer(_PLUGIN, pack="plain")))),
    "tar+zstd called tar+gzip": Case(image(part(OCI_LAYER, layer(_PLUGIN, pack="zstd")))),
    "raw module called tar+gzip": Case(image(part(OCI_LAYER, MODULE))),
    "empty blob called tar+gzip": Case(image(part(OCI_LAYER, b""))),
    "tar+gzip called plain tar": _typed("application/vnd.oci.image.layer.v1.tar"),
    "tar+gzip called nondistributable": _typed(
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
    ),
    "tar+gzip in capitals": _typed(OCI_LAYER.upper()),
    "tar+gzip with a parameter": _typed(f"{OCI_LAYER}; charset=binary"),
    "no media type": _typed(""),
    "docker layer in an OCI manifest": _typed(DOCKER_LAYER),
    "OCI layer in docker schema2": Case(image(_GOOD, kind=DOCKER_MANIFEST)),
    "plain tar in docker schema2": Case(
        image(
            part("application/vnd.docker.image.rootfs.diff.tar", layer(_PLUGIN, pack="plain")),
            kind=DOCKER_MANIFEST,
        )
    ),
    "content in docker schema2": Case(image(_SPEC, _CONTENT, kind=DOCKER_MANIFEST)),
    "content by its older name": Case(
        image(_SPEC, part("application/vnd.wasm.content.layer.v1+wasm", MODULE))
    ),
    "configuration of no known type": Case(image(_GOOD, config=part("text/x-any", b"?"))),
    "configuration of docker": Case(image(_GOOD, config=part(DOCKER_CONFIG, b"{}"))),
    "artifactType": Case(
        image(_SPEC, _CONTENT, config=_EMPTY, artifactType="application/vnd.acme.filter")
    ),
}


def _edited(**keys: object) -> Image:
    """A good image of OCI whose manifest also has these keys."""
    return image(_GOOD, **keys)


_TEXT = _edited().manifest
_WITHOUT = {key: value for key, value in json.loads(_TEXT).items() if key != "config"}
_DOCKER_IMAGE = image(_DOCKER, kind=DOCKER_MANIFEST)

MANIFESTS = {
    "no key config": Case(
        raw(json.dumps(_WITHOUT).encode(), OCI_MANIFEST, of=_edited()),
    ),
    "configuration that is not there": Case(image(_GOOD, config=part(CONFIG, b"{}", absent=True))),
    "no mediaType of its own": Case(_edited(mediaType=None)),
    "no mediaType of its own, docker schema2": Case(
        raw(image(_DOCKER, mediaType=None).manifest, DOCKER_MANIFEST, of=_DOCKER_IMAGE)
    ),
    "sent as OCI, says docker schema2": Case(
        raw(_DOCKER_IMAGE.manifest, OCI_MANIFEST, of=_DOCKER_IMAGE)
    ),
    "sent as docker schema2, says OCI": Case(raw(_TEXT, DOCKER_MANIFEST, of=_edited())),
    "sent as docker schema1": Case(
        raw(_TEXT, "application/vnd.docker.distribution.manifest.v1+prettyjws", of=_edited())
    ),
    "sent as JSON": Case(raw(_TEXT, "application/json", of=_edited())),
    "schemaVersion 1": Case(_edited(schemaVersion=1)),
    "annotations": Case(_edited(annotations={"org.opencontainers.image.title": "x"})),
    "annotation that is no string": Case(_edited(annotations={"x": 1})),
    "subject": Case(_edited(subject=part(OCI_MANIFEST, b"{}").described)),
    "keys of nobody": Case(_edited(acme=[1, {}])),
    "indented": Case(
        raw(json.dumps(json.loads(_TEXT), indent=3).encode(), OCI_MANIFEST, of=_edited())
    ),
    "not JSON": Case(raw(b"{" + _TEXT, OCI_MANIFEST, of=_edited())),
    "more than one JSON": Case(raw(_TEXT + b"{}", OCI_MANIFEST, of=_edited())),
    "empty manifest": Case(raw(b"", OCI_MANIFEST, of=_edited())),
    "a list": Case(raw(b"[]", OCI_MANIFEST, of=_edited())),
    "layers of another type": Case(_edited(layers="none")),
}


def _lying(**lies: object) -> Case:
    """The layer's descriptor says this."""
    return Case(image(part(OCI_LAYER, layer(_PLUGIN), **lies)))


_SIZE = len(layer(_PLUGIN))

DESCRIPTORS = {
    "layer that is not there": Case(image(part(OCI_LAYER, layer(_PLUGIN), absent=True))),
    "layer's size one too small": _lying(size=_SIZE - 1),
    "layer's size one too large": _lying(size=_SIZE + 1),
    "layer's size of half": _lying(size=_SIZE // 2),
    "layer's size 0": _lying(size=0),
    "layer's size below 0": _lying(size=-1),
    "layer without size": _lying(size=None),
    "layer's size as a string": _lying(size=str(_SIZE)),
    "content's size one too small": Case(image(_SPEC, part(CONTENT, MODULE, size=len(MODULE) - 1))),
    "content's size one too large": Case(image(_SPEC, part(CONTENT, MODULE, size=len(MODULE) + 1))),
    "layer's digest in capitals": _lying(digest=_GOOD.described["digest"].upper()),
    "layer's digest without algorithm": _lying(digest=_GOOD.described["digest"][7:]),
    "layer's digest by sha512": _lying(digest="sha512:" + "0" * 128),
    "layer without digest": _lying(digest=""),
    "layer inside its descriptor": Case(
        image(
            part(
                OCI_LAYER,
                layer(_PLUGIN),
                absent=True,
                data=base64.b64encode(layer(_PLUGIN)).decode(),
            )
        )
    ),
    "layer with urls": _lying(urls=["https://example.invalid/layer"]),
}
