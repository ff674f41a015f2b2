"""A filter: a source folder with a tamis.toml."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tamis.model.build import BuildSettings
from tamis.model.choices import Context, Language, Layer, Layout
from tamis.model.plugin import Limits, Plugin

__all__ = ["Budgets", "Filter"]


@dataclass(frozen=True, slots=True)
class Budgets:
    """Upper limits on exact figures; None: no limit.

    `size` and `gzipped` are bytes of the module, `memory` those of a VM. `crossings`, `bytes`
    (copied, both ways), `allocations` and `fuel` are of any one exchange, or connection.
    """

    size: int | None = None
    gzipped: int | None = None
    crossings: int | None = None
    bytes: int | None = None
    allocations: int | None = None
    fuel: int | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """What tamis.toml says, with defaults filled in; paths are absolute.

    `config` is the default plugin configuration as text (JSON), or "". `targets` are profile
    names such as `istio@1.30`. `repository` is `publish.repository` (`ghcr.io/acme/x`) or None, and
    `layout` is `publish.layout` (None: what the targets accept); `source_url` is `publish`'s.
    `settings` holds the table of the language (`[cpp]`), validated by its toolchain's schema.
    `reference` names the artifact of a prebuilt filter that has no file, pinned by its digest.
    `plugin` is how Envoy's configuration would name it, with `name` and `root_id`; `limits` bound
    it in the hosts that tests use.
    """

    folder: Path
    name: str
    version: str
    language: Language
    sources: tuple[Path, ...]
    description: str = ""
    license: str = ""
    context: Context = "inbound"
    layer: Layer = "http"
    root_id: str = ""
    config: str = ""
    config_schema: Path | None = None
    targets: tuple[str, ...] = ()
    budgets: Budgets = Budgets()
    repository: str | None = None
    layout: Layout | None = None
    build: BuildSettings = BuildSettings()
    source_url: str = ""
    reference: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)
    plugin: Plugin = Plugin()
    limits: Limits = Limits()

    @property
    def manifest(self) -> Path:
        """The tamis.toml this was read from."""
        return self.folder / "tamis.toml"

    @property
    def lock(self) -> Path:
        """Where `build` writes down what made which module."""
        return self.folder / "build.lock.json"

    @property
    def fixtures(self) -> Path:
        """Where its fixtures lie, beside tamis.toml."""
        return self.folder / "fixtures"

    @property
    def module(self) -> Path:
        """Where `build` puts the compiled module."""
        return self.folder / "build" / f"{self.name}.wasm"

    @property
    def twin(self) -> Path:
        """Where `build --native` puts the shared library."""
        return self.folder / "build" / f"{self.name}.native.so"

    @property
    def envoy_module(self) -> Path:
        """Where `build --envoy-module` puts the dynamic module."""
        return self.folder / "build" / f"{self.name}.envoy.so"
