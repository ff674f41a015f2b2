"""How any verb names an artifact: `oci://HOST/REPO[:TAG][@DIGEST]` or `oci-layout://DIR[:TAG]`.

A destination without a scheme is a registry reference; `oci:DIR:TAG` (skopeo's spelling of a
layout) is read too. Container images may be named as Docker has it: `istio/proxyv2:1.30.0`.
Grammar of names, tags and digests: the OCI distribution spec, "Pulling manifests".
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from tamis.errors import BadInput

__all__ = [
    "LayoutReference",
    "Reference",
    "RegistryReference",
    "image",
    "is_image",
    "is_reference",
    "parse",
    "tagged",
]

_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}\Z")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}\Z")
_REPOSITORY = re.compile(
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*\Z"
)
_HOST = re.compile(r"(?:[a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?\Z")
_ADVICE = "Write oci://HOST/REPOSITORY:TAG or oci-layout://FOLDER:TAG."
#: Docker's default registry.
_HUB = "docker.io"


@dataclass(frozen=True, slots=True)
class RegistryReference:
    """An artifact in a registry. Tag and digest may both be set: the digest wins."""

    host: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @property
    def name(self) -> str:
        """`host/repository`, as Docker and the manifests spell it."""
        return f"{self.host}/{self.repository}"

    def with_digest(self, digest: str) -> "RegistryReference":
        """The same, pinned."""
        return replace(self, digest=digest)

    def __str__(self) -> str:
        return f"oci://{self.name}{_suffix(self.tag, self.digest)}"


@dataclass(frozen=True, slots=True)
class LayoutReference:
    """An artifact in an OCI image-layout folder."""

    folder: Path
    tag: str | None = None
    digest: str | None = None

    def with_digest(self, digest: str) -> "LayoutReference":
        """The same, pinned."""
        return replace(self, digest=digest)

    def __str__(self) -> str:
        return f"oci-layout://{self.folder}{_suffix(self.tag, self.digest)}"


Reference = RegistryReference | LayoutReference
_Reference = TypeVar("_Reference", bound=Reference)


def is_reference(text: str) -> bool:
    """Whether `text` carries one of our schemes (a plain path does not)."""
    return text.startswith(("oci://", "oci-layout://", "oci:"))


def parse(text: str) -> Reference:
    """Read a reference. Raises BadInput, which says which part is wrong."""
    if text.startswith("oci-layout://"):
        return _layout(text, text.removeprefix("oci-layout://"))
    if text.startswith("oci://"):
        return _registry(text, text.removeprefix("oci://"))
    if text.startswith("oci:"):
        return _layout(text, text.removeprefix("oci:"))
    if "://" in text:
        scheme = text.split("://", 1)[0]
        raise BadInput(f"'{text}': scheme '{scheme}' is not one tamis knows", advice=_ADVICE)
    return _registry(text, text)


def is_image(text: str) -> bool:
    """Whether `text` names a container image rather than a file: by a scheme, a tag, a digest or a
    port. What begins as a path does (`/`, `.`, `~`) is one.
    """
    return ":" in text and not text.startswith(("/", ".", "~"))


def image(text: str) -> Reference:
    """The container image that `text` names; without a host it is on Docker Hub. Raises BadInput
    as `parse` does.
    """
    first, slash, _ = text.partition("/")
    bare = not is_reference(text) and "://" not in text and not (slash and _is_host(first))
    return parse(f"{_HUB}/{text}" if bare else text)


def tagged(reference: _Reference, tag: str) -> _Reference:
    """`reference` with its own tag, or with this one where it has none."""
    return reference if reference.tag else replace(reference, tag=tag)


def _suffix(tag: str | None, digest: str | None) -> str:
    return (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def _split(text: str, rest: str) -> tuple[str, str | None, str | None]:
    rest, at, digest = rest.partition("@")
    if at and not _DIGEST.match(digest):
        raise BadInput(
            f"'{text}': '{digest}' is not a digest",
            advice="A digest is sha256: and 64 lower-case hexadecimal digits.",
        )
    head, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        return rest, None, digest or None
    if not _TAG.match(tag):
        raise BadInput(
            f"'{text}': '{tag}' is not a tag",
            advice="A tag has letters, digits, '.', '_' and '-', at most 128.",
        )
    return head, tag, digest or None


def _registry(text: str, rest: str) -> RegistryReference:
    name, tag, digest = _split(text, rest)
    host, slash, repository = name.partition("/")
    if not slash or not _HOST.match(host):
        raise BadInput(f"'{text}' names no registry host and repository", advice=_ADVICE)
    port = host.rpartition("]")[2].partition(":")[2]
    if port and not 0 < int(port) < 65536:
        raise BadInput(f"'{text}': there is no port {port}", advice="Ports go from 1 to 65535.")
    if not _is_host(host):
        raise BadInput(
            f"'{text}': '{host}' is not a registry's host",
            advice=f"Name the registry as well: docker.io/{name}",
        )
    if not _REPOSITORY.match(repository):
        raise BadInput(
            f"'{text}': '{repository}' is not a repository name",
            advice="Repository names are lower case: letters, digits, '.', '_', '-' and '/'.",
        )
    return RegistryReference(host, repository, tag, digest)


def _is_host(name: str) -> bool:
    """Docker's rule: what has a dot or a port, or is `localhost`."""
    return any(sign in name for sign in ".:") or name == "localhost"


def _layout(text: str, rest: str) -> LayoutReference:
    folder, tag, digest = _split(text, rest)
    if not folder:
        raise BadInput(f"'{text}' names no folder", advice=_ADVICE)
    return LayoutReference(Path(folder), tag, digest)
