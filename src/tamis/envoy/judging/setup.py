"""What distinguishes one judging Envoy from another, and which of them a fixture needs."""

from dataclasses import dataclass
from typing import Literal

from tamis.model.exchange import Fixture, PropertyPath
from tamis.model.filter import Layer

__all__ = ["Direction", "Setup", "setup_of"]

Direction = Literal["UNSPECIFIED", "INBOUND", "OUTBOUND"]

_DIRECTIONS: dict[int, Direction] = {0: "UNSPECIFIED", 1: "INBOUND", 2: "OUTBOUND"}


@dataclass(frozen=True, slots=True)
class Setup:
    """One Envoy serves all fixtures that share it.

    `default_limits`: header limits as Envoy ships them (60 KiB, 100 headers), for fixtures about
    the limit itself. `node`: (key, value) of `id` and `cluster`, as xds.node shows them. `network`:
    the plugin is a network filter. `cluster` is where requests go, `clusters` are what else
    callouts may name. `beside`: how many plugins can be loaded beside the filter. `state`: names of
    filter state objects that are shown at the end of a stream. `native`: plugins are twins behind
    the shim.
    """

    http1: bool = False
    default_limits: bool = False
    direction: Direction = "UNSPECIFIED"
    cluster: str = "upstream"
    route: str = ""
    node: tuple[tuple[str, str], ...] = ()
    network: bool = False
    clusters: tuple[str, ...] = ()
    beside: int = 0
    state: tuple[str, ...] = ()
    native: bool = False


def setup_of(
    fixture: Fixture, layer: Layer, state: tuple[str, ...], *, native: bool = False
) -> tuple[Setup, tuple[PropertyPath, ...]]:
    """The Envoy a fixture needs, and those of its properties that no bootstrap can give."""
    known: dict[str, object] = {}
    untold = []
    node = {}
    for path, value in fixture.properties.items():
        match path:
            case ("xds", "listener_direction"):
                number = int.from_bytes(value[:8], "little")
                known["direction"] = _DIRECTIONS.get(number, "UNSPECIFIED")
            case ("xds", "cluster_name"):
                known["cluster"] = value.decode()
            case ("xds", "route_name"):
                known["route"] = value.decode()
            case ("xds", "node", "id" | "cluster" as key):
                node[key] = value.decode()
            case _:
                untold.append(path)
    named = {rule.match.cluster for rule in fixture.callouts if not rule.reply.no_cluster}
    setup = Setup(
        http1=fixture.protocol == "http/1.1",
        default_limits=fixture.default_limits,
        node=tuple(sorted(node.items())),
        network=layer == "network",
        clusters=tuple(sorted(named - {known.get("cluster", "upstream")})),
        beside=len(fixture.beside),
        state=state,
        native=native,
        **known,  # type: ignore[arg-type]
    )
    return setup, tuple(untold)
