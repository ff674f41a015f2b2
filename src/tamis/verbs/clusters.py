"""The servers that filters call, as clusters of a live Envoy."""

from collections.abc import Mapping

from tamis.envoy.live.upstream import Upstream, parse
from tamis.errors import BadInput

__all__ = ["clusters"]

#: Names of a gate's own.
_TAKEN = ("upstream", "upstream-http2")


def clusters(named: Mapping[str, str]) -> dict[str, Upstream]:
    """By name, the server of each URL. Raises BadInput for what is no server's address."""
    for name in _TAKEN:
        if name in named:
            raise BadInput(
                f"--cluster {name}: that is where requests go",
                advice="Name it with --upstream; filters may call it, too.",
            )
    return {name: parse(url, f"--cluster {name}") for name, url in named.items()}
