"""Pieces that every bootstrap is made of: sockets, codec options, the router."""

from pathlib import Path

from tamis.envoy.native import DYNAMIC
from tamis.envoy.plugins import TYPE, Json

__all__ = [
    "BUFFER_LIMIT",
    "CLUSTER_HEADER",
    "HCM",
    "HEADER_KIB",
    "HTTP_OPTIONS",
    "http2",
    "pipe",
    "router",
    "slot",
    "tcp",
]

HCM = TYPE + "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
HTTP_OPTIONS = TYPE + "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
#: Names the cluster of a request on a listener that routes by it.
CLUSTER_HEADER = "x-tamis-cluster"
#: Envoy's maximum for max_request_headers_kb.
HEADER_KIB = 8192
#: Bytes a stream may buffer before Envoy answers 413 or 500: Envoy's own default, spelled out.
BUFFER_LIMIT = 1024 * 1024
_ROUTER = TYPE + "envoy.extensions.filters.http.router.v3.Router"


def pipe(path: Path) -> Json:
    """An Address: a Unix socket."""
    return {"pipe": {"path": str(path)}}


def tcp(port: int) -> Json:
    """An Address: a port of this machine; 0 is any."""
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def http2() -> Json:
    """Roomy windows: flow control must never hold back a frame, or Envoy merges body callbacks."""
    return {
        "initial_stream_window_size": 268_435_456,
        "initial_connection_window_size": 268_435_456,
        "max_consecutive_inbound_frames_with_empty_payload": 1_000_000,
    }


def router() -> Json:
    """The last HTTP filter; it adds no x-envoy-* headers."""
    return {
        "name": "envoy.filters.http.router",
        "typed_config": {"@type": _ROUTER, "suppress_envoy_headers": True},
    }


def slot(name: str, file: Path, kind: str) -> Json:
    """A filter whose plugin is discovered in a file."""
    return {
        "name": name,
        "config_discovery": {
            "config_source": {
                "path_config_source": {
                    "path": str(file),
                    "watched_directory": {"path": str(file.parent)},
                },
                "resource_api_version": "V3",
            },
            "type_urls": [kind, DYNAMIC],
        },
    }
