"""Both ends of the wire, as far as TLS and tunnels go, and Envoy's side of it."""

from dataclasses import dataclass
from pathlib import Path

from tamis.envoy.judging.tls import Keys
from tamis.envoy.judging.told import Told
from tamis.envoy.plugins import Json
from tamis.envoy.wire.opening import PLAIN, Opening
from tamis.envoy.wire.welcome import OPEN, Welcome

__all__ = ["Ends"]


@dataclass(frozen=True, slots=True)
class Ends:
    """`opening`: of our client, `welcome`: of our upstream; `front`, `behind`: what Envoy puts in
    front of them (a transport_socket), None: nothing.
    """

    opening: Opening = PLAIN
    welcome: Welcome = OPEN
    front: Json | None = None
    behind: Json | None = None

    @classmethod
    def make(cls, told: Told, folder: Path, patience: float) -> "Ends":
        """For an Envoy that is told that; keys are put into `folder`. Raises Missing.

        `patience`: seconds a handshake may take.
        """
        front, behind = (Keys(each) if each else None for each in (told.tls, told.upstream_tls))
        return cls(
            Opening(
                context=front.context(folder) if front else None,
                server_name=told.tls.server_name if told.tls else "",
                patience=patience,
            ),
            Welcome(bool(told.upstream), behind.context(folder) if behind else None, patience),
            front.transport() if front else None,
            behind.transport() if behind else None,
        )
