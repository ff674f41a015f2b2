"""A filter as an OCI artifact: its metadata, its digests, its layers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tamis.model.choices import Context, FailurePolicy, Layer, Layout

__all__ = ["Artifact", "Descriptor", "Metadata"]


@dataclass(frozen=True, slots=True)
class Descriptor:
    """An OCI content descriptor; `size` in bytes. `artifact_type`: what kind of thing a manifest
    is, where that is said.
    """

    media_type: str
    digest: str
    size: int
    annotations: Mapping[str, str] = field(default_factory=dict)
    artifact_type: str = ""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What `render` must know without the module. `config_schema` and `config` are JSON text.

    `toolchain` and `sdk` say what compiled it. `repository`: where tamis.toml says it will live; a
    registry it was copied to knows better. `source_url`: where its source is. `environment` holds
    "NAME=value"; it, `vm_config` and what follows up to `source_url` are the [plugin] of
    tamis.toml, see `model.plugin.Plugin`.
    """

    name: str
    version: str
    description: str = ""
    license: str = ""
    language: str = ""
    toolchain: str = ""
    sdk: str = ""
    context: Context = "inbound"
    layer: Layer = "http"
    root_id: str = ""
    abi: str = ""
    config: str = ""
    config_schema: str = ""
    targets: tuple[str, ...] = ()
    repository: str = ""
    vm_config: str = ""
    environment: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    failure_policy: FailurePolicy = "closed"
    allow_on_headers_stop_iteration: bool = False
    source_url: str = ""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A published filter: `digest` is the image manifest's; `module_digest` that of the .wasm.

    `layer_size` is what travels, `module_size` what Envoy loads; bytes. `index`: the digest of the
    index that leads to it, "" where none does.
    """

    metadata: Metadata
    layout: Layout
    digest: str
    module_digest: str
    module_size: int
    layer_size: int
    index: str = ""
