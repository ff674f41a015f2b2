"""The ways in which a filter's work is done in one Envoy, side by side."""

from dataclasses import dataclass, replace
from pathlib import Path

from tamis.envoy.measuring.lanes import Lane
from tamis.envoy.native import Kind
from tamis.envoy.plugins import Json, Loadable, typed_config
from tamis.fixtures.workload import Workload

__all__ = ["CHAIN", "NOTHING", "Contender", "lane_name"]

#: The lane without any filter.
NOTHING = "nothing"
#: As many filters are in the longer lane of a contender.
CHAIN = 8


@dataclass(frozen=True, slots=True)
class Contender:
    """One way; `name` as a `Variant` has it.

    `code` is a module, a native twin or a dynamic module, as `kind` says; or `typed` has the
    configurations of filters that Envoy has itself, which together do the work.
    """

    name: str
    code: bytes = b""
    kind: Kind = "wasm"
    typed: tuple[Json, ...] = ()

    def lane(self, root: Path, load: Workload, *, chain: int = 1, vms: int = 1) -> Lane:
        """`chain` filters on `vms` VMs, for an Envoy whose folder is `root`."""
        every = [each for at in range(chain) for each in self._filters(root, load, at % vms)]
        return Lane(lane_name(self.name, chain), tuple(every))

    def _filters(self, root: Path, load: Workload, vm: int) -> tuple[Json, ...]:
        if self.typed:
            return self.typed
        path = root / f"{self.name}.{'wasm' if self.kind == 'wasm' else 'so'}"
        if not path.exists():
            path.write_bytes(self.code)
        plugin = replace(load.plugin, vm_id=f"tamis.{vm}")
        return (typed_config(Loadable(path, plugin, load.config, self.kind, root / "shim.so")),)


def lane_name(name: str, chain: int) -> str:
    """Of a contender's lane."""
    return name if chain == 1 else f"{name} x{chain}"
