"""The bootstrap of a judging Envoy: what it listens on, what it forwards to, what it must not add.

Every setting here exists so that the filter meets the client's bytes and nothing else; what Envoy
still adds is the closed list in `profiles/wire.toml`. All sockets are Unix sockets inside one
folder, so ports cannot collide. Field names: Envoy's v3 API reference.
"""

import json

from tamis.envoy.folder import Folder
from tamis.envoy.judging.ends import Ends
from tamis.envoy.judging.listeners import Places, listeners
from tamis.envoy.judging.setup import Setup
from tamis.envoy.judging.upstreams import upstream
from tamis.envoy.judging.values import merge
from tamis.envoy.native import clock_cluster
from tamis.envoy.plugins import GUEST, Json
from tamis.envoy.wiring import BUFFER_LIMIT, HEADER_KIB, cluster, http2, pipe, tcp

__all__ = ["OBSERVER", "bootstrap", "slots"]

#: The slot of our own plugin, which reads and writes what VMs share.
OBSERVER = "observer"


def slots(setup: Setup) -> tuple[str, ...]:
    """All slots: those beside the filter, in order, the observer's, the filter's."""
    return (*(f"beside-{number}" for number in range(setup.beside)), OBSERVER, GUEST)


def bootstrap(
    setup: Setup,
    folder: Folder,
    access_prefix: str,
    port: int = 0,
    ends: Ends | None = None,
) -> str:
    """The whole bootstrap as JSON text; `access_prefix` begins each access log line.

    `port`: where the upstream of a network filter listens. `ends`: of the wire; None: plain.
    """
    ends = ends or Ends()
    sockets = [pipe(folder.cluster(number)) for number in range(1 + len(setup.clusters))]
    if setup.network:
        sockets[0] = tcp(port)
    told = setup.told.objects()
    node = merge({"id": "tamis", "cluster": "tamis"}, told.get("node", {}))
    files = {slot: folder.plugin(slot) for slot in slots(setup)}
    guest = {GUEST: files.pop(GUEST)}
    places = Places(folder.listener, guest, folder.side, files)
    clock = [clock_cluster(folder.shim)] if setup.native else []
    main, *others = (
        _cluster(setup, name, address)
        for name, address in zip((setup.cluster, *setup.clusters), sockets, strict=True)
    )
    return json.dumps(
        {
            "node": node,
            "admin": {"address": pipe(folder.admin)},
            "static_resources": {
                "listeners": listeners(setup, places, access_prefix, ends.front),
                "clusters": [*clock, upstream(setup.told, main, sockets[0], ends.behind), *others],
            },
        },
        indent=1,
    )


def _cluster(setup: Setup, name: str, address: Json) -> Json:
    spoken: Json = {"explicit_http_config": {"http2_protocol_options": http2()}}
    if not setup.default_limits:
        spoken["common_http_protocol_options"] = {
            "max_headers_count": 100_000,
            "max_response_headers_kb": HEADER_KIB,
        }
    buffered: Json = {"per_connection_buffer_limit_bytes": BUFFER_LIMIT}
    return {**cluster(name, address, spoken), **buffered}
