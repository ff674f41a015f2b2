"""What `run` tells while an Envoy serves: where it does, which filters are in it, what changed."""

from dataclasses import dataclass

__all__ = ["Loaded", "Serving", "Traffic"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A filter that Envoy was given. `digest`: of its module; `size` in bytes.

    `refused`: why Envoy did not take it, so that the one before stays; "" where it did. `what` is
    new of it ("module", "configuration"); `seconds`: from the order to the verdict.
    """

    name: str
    version: str
    text: str
    digest: str
    size: int
    what: tuple[str, ...] = ()
    refused: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether Envoy has it."""
        return not self.refused


@dataclass(frozen=True, slots=True)
class Serving:
    """Where an Envoy serves. `url` for clients, `admin` of its own interface; `upstream` "" is an
    echo of ours. `reachable`: somebody listens there.
    """

    envoy: str
    url: str
    admin: str
    upstream: str
    filters: tuple[Loaded, ...]
    reachable: bool = True


@dataclass(frozen=True, slots=True)
class Traffic:
    """Figures of an Envoy since it started.

    `answers` by class ("2xx"); `metrics` are those that filters made; `vms` those that live.
    """

    requests: int
    answers: dict[str, int]
    metrics: dict[str, int | str]
    vms: int
    memory: int
