"""The value `render` returns, and the one the files of targets work on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tamis.errors import BadInput
from tamis.model.artifact import Metadata
from tamis.model.reference import RegistryReference
from tamis.project import configuration

__all__ = ["Deployment", "Manifest", "slug"]

_UNSAFE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Manifest:
    """YAML that deploys a filter. `name` is unique among those of one filter: a file's stem."""

    name: str
    kind: str
    target: str
    text: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """What every target is written from. `config` has passed the filter's schema; "" is none.

    `reference` carries the digest of the image manifest. `module`: the file, where it lies on
    this machine.
    """

    metadata: Metadata
    reference: RegistryReference
    config: str = ""
    namespace: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    module: Path | None = None

    @property
    def name(self) -> str:
        """The filter's name as Kubernetes takes it."""
        return slug(self.metadata.name)

    @property
    def sha256(self) -> str:
        """The 64 hexadecimal digits of the manifest's digest. Raises BadInput without one."""
        if not self.reference.digest:
            raise BadInput(
                f"{self.reference} carries no digest, and a manifest without one is not pinned",
                advice="Name the artifact with its digest: oci://HOST/REPOSITORY:TAG@sha256:...",
            )
        return self.reference.digest.removeprefix("sha256:")

    def config_object(self, kind: str) -> dict[str, Any] | None:
        """The configuration as the JSON object that `kind` demands; None for no configuration.

        Raises BadInput for another value, and for integers that istiod would round.
        """
        if not self.config:
            return None
        value = configuration.parse(self.config, "the configuration")
        if not isinstance(value, dict):
            raise BadInput(
                f"the configuration is a JSON {type(value).__name__}, {kind} takes an object only",
                advice="Wrap it in an object, or render an EnvoyFilter.",
            )
        _exact(value, (), kind)
        return value

    def head(self, api_version: str, kind: str) -> dict[str, Any]:
        """apiVersion, kind and metadata of a Kubernetes object."""
        metadata = {"name": self.name}
        if self.namespace:
            metadata["namespace"] = self.namespace
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


def slug(name: str) -> str:
    """An RFC 1123 label: at most 63 of a-z, 0-9 and '-', neither first nor last a '-'."""
    return _UNSAFE.sub("-", name.lower()).strip("-")[:63].strip("-") or "filter"


def _exact(value: object, path: tuple[str | int, ...], kind: str) -> None:
    """Protobuf's Struct, through which it travels, has doubles only."""
    if isinstance(value, dict):
        for key, each in value.items():
            _exact(each, (*path, key), kind)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            _exact(each, (*path, index), kind)
    elif isinstance(value, int) and abs(value) > 2**53:
        raise BadInput(
            f"the configuration's {configuration.json_path(path)} = {value} would be rounded: "
            f"{kind} carries numbers as doubles",
            advice="Write it as a string, or render an EnvoyFilter.",
        )
