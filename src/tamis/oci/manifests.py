"""Manifests as they are on the wire: exact bytes in, values out. Everything read is untrusted.

Sources of facts: OCI image spec 1.1 (manifest, index, descriptor), docker image manifest v2.2.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tamis.errors import BadInput
from tamis.model.artifact import Descriptor
from tamis.model.media_types import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from tamis.oci.digests import digest_of, is_digest

__all__ = [
    "ACCEPTED",
    "MAX_MANIFEST",
    "TITLE",
    "Index",
    "Manifest",
    "Stored",
    "compact",
    "parse",
    "stored",
    "written",
]

#: The annotation that gives a layer its file's name, and an artifact its own.
TITLE = "org.opencontainers.image.title"
#: What we ask a registry for; without these, docker-registry says 404.
ACCEPTED = (OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST)
#: Bytes; registries refuse larger manifests.
MAX_MANIFEST = 4 << 20

_ADVICE = "Push the artifact again with tamis push, or name another tag."


@dataclass(frozen=True, slots=True)
class Stored:
    """A manifest or an index as a store keeps it: `digest` is that of exactly these bytes."""

    content: bytes
    digest: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """An image manifest. `config` None: foreign artifacts may leave it out.

    `subject`: the manifest that this one is about, such as a signature's.
    """

    media_type: str
    config: Descriptor | None
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str]
    artifact_type: str = ""
    subject: Descriptor | None = None

    @property
    def kind(self) -> str:
        """What kind of thing it is: `artifact_type`, else its configuration's type."""
        return self.artifact_type or (self.config.media_type if self.config else "")

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """What it points at, each once, config first."""
        every = ((self.config,) if self.config else ()) + self.layers
        return tuple({blob.digest: blob for blob in every}.values())


@dataclass(frozen=True, slots=True)
class Index:
    """Manifests of several platforms, `os/architecture` each ("" where it names none)."""

    media_type: str
    manifests: tuple[tuple[str, Descriptor], ...]


def compact(document: Mapping[str, Any]) -> bytes:
    """JSON without a spare byte, keys in the order given: the form whose digest is pinned."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def written(known: Descriptor) -> dict[str, Any]:
    """A descriptor as manifests have it; what it does not say is left out."""
    document: dict[str, Any] = {
        "mediaType": known.media_type,
        "digest": known.digest,
        "size": known.size,
        "artifactType": known.artifact_type,
        "annotations": dict(known.annotations),
    }
    return {key: value for key, value in document.items() if value or key == "size"}


def stored(content: bytes, media_type: str | None = None) -> Stored:
    """`content` with its digest; its own `mediaType` wins over what a server says.

    Raises BadInput when it is no JSON object; `parse` says what else is wrong with it.
    """
    document = _object(content)
    kind = document.get("mediaType") or (media_type or "").split(";")[0].strip()
    if not isinstance(kind, str) or kind not in ACCEPTED:
        kind = OCI_INDEX if "manifests" in document else OCI_MANIFEST
    return Stored(content, digest_of(content), kind)


def parse(found: Stored) -> Manifest | Index:
    """Read a manifest or an index. Raises BadInput, which says what is wrong with it."""
    document = _document(found.content)
    if found.media_type in {OCI_INDEX, DOCKER_LIST}:
        return Index(found.media_type, tuple(_child(item) for item in _list(document, "manifests")))
    config = document.get("config")
    return Manifest(
        found.media_type,
        descriptor(config) if config is not None else None,
        tuple(descriptor(item) for item in _list(document, "layers")),
        _annotations(document.get("annotations")),
        _text(document, "artifactType"),
        descriptor(subject) if (subject := document.get("subject")) is not None else None,
    )


def _document(content: bytes) -> dict[str, Any]:
    document = _object(content)
    if document.get("schemaVersion") != 2:
        raise BadInput(
            f"the manifest has schemaVersion {document.get('schemaVersion')!r}, not 2",
            advice=_ADVICE,
        )
    return document


def _object(content: bytes) -> dict[str, Any]:
    if len(content) > MAX_MANIFEST:
        raise BadInput(f"the manifest is larger than {MAX_MANIFEST >> 20} MiB", advice=_ADVICE)
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the manifest is not JSON: {error}", advice=_ADVICE) from error
    if not isinstance(document, dict):
        raise BadInput("the manifest is not a JSON object", advice=_ADVICE)
    return document


def _list(document: Mapping[str, Any], key: str) -> list[Any]:
    items = document.get(key)
    if items is None and key in document:  # Go's empty list, as registries write it
        return []
    if not isinstance(items, list):
        raise BadInput(f"the manifest has no list '{key}'", advice=_ADVICE)
    return items


def descriptor(item: object) -> Descriptor:
    """Read a content descriptor. Raises BadInput."""
    match item:
        case {"mediaType": str(kind), "digest": str(digest), "size": int(size), **rest}:
            if size >= 0 and not isinstance(size, bool) and is_digest(digest):
                notes = _annotations(rest.get("annotations"))
                return Descriptor(kind, digest, size, notes, _text(rest, "artifactType"))
    shown = json.dumps(item)[:200]
    raise BadInput(
        f"the manifest has a descriptor without mediaType, sha256 digest and size: {shown}",
        advice=_ADVICE,
    )


def _text(document: Mapping[Any, Any], key: str) -> str:
    value = document.get(key, "")
    if not isinstance(value, str):
        raise BadInput(f"the manifest's '{key}' is not a string", advice=_ADVICE)
    return value


def _annotations(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise BadInput("the manifest's annotations are not strings", advice=_ADVICE)
    return value


def _child(item: object) -> tuple[str, Descriptor]:
    read = descriptor(item)
    match item:
        case {"platform": {"os": str(system), "architecture": str(machine)}}:
            return f"{system}/{machine}", read
    return "", read
