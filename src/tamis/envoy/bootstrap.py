"""The bootstrap of a judging Envoy: what it listens on, what it forwards to, what it must not add.

Every setting here exists so that the filter meets the client's bytes and nothing else; what Envoy
still adds is the closed list in `profiles/wire.toml`. All sockets are Unix sockets inside one
folder, so ports cannot collide. Field names: Envoy's v3 API reference.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from tamis.envoy.listeners import listeners
from tamis.envoy.native import clock_cluster
from tamis.envoy.plugins import TYPE, Json
from tamis.envoy.setup import Setup
from tamis.envoy.wiring import BUFFER_LIMIT, HEADER_KIB, http2, pipe, tcp

__all__ = ["GUEST", "HTTP_OPTIONS", "OBSERVER", "Folder", "bootstrap", "slots"]

HTTP_OPTIONS = TYPE + "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
#: The slot (a filter whose plugin comes by ECDS) of the fixture's plugin.
GUEST = "guest"
#: The slot of our own plugin, which reads and writes what VMs share.
OBSERVER = "observer"


@dataclass(frozen=True, slots=True)
class Folder:
    """The files and sockets of one Envoy; paths stay short, as sun_path holds ~100 bytes."""

    root: Path

    @property
    def config(self) -> Path:
        """The bootstrap."""
        return self.root / "bootstrap.json"

    @property
    def log(self) -> Path:
        """Envoy's own log, the guest's lines and the access log, in one order."""
        return self.root / "envoy.log"

    @property
    def shim(self) -> Path:
        """The dynamic module that native twins run behind, if they do."""
        return self.root / "shim.so"

    def plugin(self, slot: str) -> Path:
        """The ECDS file of a slot; replaced by moving a new one over it."""
        return self.root / "ecds" / slot / "plugin.json"

    @property
    def admin(self) -> Path:
        """Socket of the admin interface."""
        return self.root / "admin.sock"

    @property
    def listener(self) -> Path:
        """Socket that clients connect to."""
        return self.root / "in.sock"

    @property
    def side(self) -> Path:
        """Socket of the listener that holds the plugins that meet no traffic."""
        return self.root / "side.sock"

    def cluster(self, number: int) -> Path:
        """Socket of our own server behind a cluster; 0 is the upstream."""
        return self.root / f"up{number}.sock"


def slots(setup: Setup) -> tuple[str, ...]:
    """All slots: those beside the filter, in order, the observer's, the filter's."""
    return (*(f"beside-{number}" for number in range(setup.beside)), OBSERVER, GUEST)


def bootstrap(setup: Setup, folder: Folder, access_prefix: str, port: int = 0) -> str:
    """The whole bootstrap as JSON text; `access_prefix` begins each access log line.

    `port`: where the upstream of a network filter listens.
    """
    sockets = [pipe(folder.cluster(number)) for number in range(1 + len(setup.clusters))]
    if setup.network:
        sockets[0] = tcp(port)
    node = {"id": "tamis", "cluster": "tamis", **dict(setup.node)}
    files = {slot: folder.plugin(slot) for slot in slots(setup)}
    guest = {GUEST: files.pop(GUEST)}
    clock = [clock_cluster(folder.shim)] if setup.native else []
    return json.dumps(
        {
            "node": node,
            "admin": {"address": pipe(folder.admin)},
            "static_resources": {
                "listeners": listeners(
                    setup, folder.listener, guest, folder.side, files, access_prefix
                ),
                "clusters": clock
                + [
                    _cluster(setup, name, address)
                    for name, address in zip((setup.cluster, *setup.clusters), sockets, strict=True)
                ],
            },
        },
        indent=1,
    )


def _cluster(setup: Setup, name: str, address: Json) -> Json:
    protocol: Json = {
        "@type": HTTP_OPTIONS,
        "explicit_http_config": {"http2_protocol_options": http2()},
    }
    if not setup.default_limits:
        protocol["common_http_protocol_options"] = {
            "max_headers_count": 100_000,
            "max_response_headers_kb": HEADER_KIB,
        }
    endpoint = {"endpoint": {"address": address}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "per_connection_buffer_limit_bytes": BUFFER_LIMIT,
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": protocol
        },
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [endpoint]}],
        },
    }
