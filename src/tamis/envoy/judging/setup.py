"""What distinguishes one judging Envoy from another, and which of them a fixture needs."""

from dataclasses import dataclass

from tamis.envoy.judging.told import Told, Untold, tell
from tamis.model.choices import Layer
from tamis.model.exchange import Fixture

__all__ = ["Setup", "setup_of"]


@dataclass(frozen=True, slots=True)
class Setup:
    """One Envoy serves all fixtures that share it.

    `default_limits`: header limits as Envoy ships them (60 KiB, 100 headers), for fixtures about
    the limit itself. `told`: what its configuration says of
    the fixture's properties. `network`: the plugin is a
    network filter. `clusters`: what callouts may name beside the one where requests go. `beside`:
    how many plugins can be loaded beside the filter. `state`: names of filter state objects that
    are shown at the end of a stream. `native`: plugins are twins behind the shim.
    """

    http1: bool = False
    default_limits: bool = False
    told: Told = Told()
    network: bool = False
    clusters: tuple[str, ...] = ()
    beside: int = 0
    state: tuple[str, ...] = ()
    native: bool = False

    @property
    def cluster(self) -> str:
        """Where requests go."""
        return self.told.cluster


def setup_of(
    fixture: Fixture, layer: Layer, state: tuple[str, ...], *, minor: int, native: bool = False
) -> tuple[Setup, Told, tuple[Untold, ...]]:
    """The Envoy 1.`minor` a fixture needs, what the fixture tells it, and which of its properties
    it does not have.

    Raises Missing when that takes an extra that is not there.
    """
    told, untold = tell(fixture, layer, minor)
    named = {rule.match.cluster for rule in fixture.callouts if not rule.reply.no_cluster}
    setup = Setup(
        http1=fixture.protocol == "http/1.1",
        default_limits=fixture.default_limits,
        told=told.configured(),
        network=layer == "network",
        clusters=tuple(sorted(named - {told.cluster})),
        beside=len(fixture.beside),
        state=state,
        native=native,
    )
    return setup, told, untold
