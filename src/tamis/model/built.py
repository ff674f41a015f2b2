"""What `build` returns: a module and how it was made; `reproduce`: two of them compared."""

from dataclasses import dataclass
from pathlib import Path

from tamis.model.artifact import Metadata
from tamis.model.build import Step
from tamis.model.filter import Filter

__all__ = ["Built", "Reproduced", "Twin", "Unsupported"]


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A host function or callback that native code has no use of in Envoy, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Twin:
    """A filter as native code: the shared library at `path`, of `size` bytes. Else as `Built`.

    `unsupported`: what it names that Envoy has no means for; a host core that runs it has.
    """

    path: Path
    size: int
    toolchain: str
    seconds: float
    steps: tuple[Step, ...] = ()
    cached: bool = False
    unsupported: tuple[Unsupported, ...] = ()


@dataclass(frozen=True, slots=True)
class Built:
    """What was built. `seconds` counts everything; `digest` is the module's (`sha256:...`).

    `steps`: what was done, in order; none when the module was `cached`. `advice` names what would
    make the module smaller, or is "". `twin`: the native one, `envoy_module`: the filter as a
    dynamic module of Envoy, where they were asked for.
    """

    filter: Filter
    path: Path
    module: bytes
    metadata: Metadata
    digest: str
    seconds: float
    steps: tuple[Step, ...] = ()
    cached: bool = False
    advice: str = ""
    twin: Twin | None = None
    envoy_module: Twin | None = None

    @property
    def warnings(self) -> str:
        """What the compiler said although it went well."""
        return "\n".join(step.output for step in self.steps if step.output)


@dataclass(frozen=True, slots=True)
class Reproduced:
    """The same source built twice, in folders of their own; digests and sizes of both modules."""

    name: str
    digests: tuple[str, str]
    sizes: tuple[int, int]
    seconds: float

    @property
    def ok(self) -> bool:
        """The bytes are the same."""
        return self.digests[0] == self.digests[1]
