"""Pieces that every bootstrap is made of: sockets, codec options, the router."""

from pathlib import Path

from tamis.envoy.native import DYNAMIC
from tamis.envoy.plugins import TYPE, Json

__all__ = [
    "BUFFER_LIMIT",
    "CLUSTER_HEADER",
    "HCM",
    "HEADER_KIB",
    "access_log",
    "cluster",
    "http2",
    "pipe",
    "router",
    "slot",
    "tcp",
    "tcp_proxy",
]

HCM = TYPE + "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
#: Names the cluster of a request on a listener that routes by it.
CLUSTER_HEADER = "x-tamis-cluster"
#: Envoy's maximum for max_request_headers_kb.
HEADER_KIB = 8192
#: Bytes a stream may buffer before Envoy answers 413 or 500: Envoy's own default, spelled out.
BUFFER_LIMIT = 1024 * 1024
_STDERR = TYPE + "envoy.extensions.access_loggers.stream.v3.StderrAccessLog"
_TCP_PROXY = TYPE + "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"
_ROUTER = TYPE + "envoy.extensions.filters.http.router.v3.Router"


def pipe(path: Path) -> Json:
    """An Address: a Unix socket."""
    return {"pipe": {"path": str(path)}}


def tcp(port: int, host: str = "127.0.0.1") -> Json:
    """An Address: a port, of this machine if no other is named; 0 is any."""
    return {"socket_address": {"address": host, "port_value": port}}


def cluster(name: str, address: Json, spoken: Json | None = None) -> Json:
    """A cluster of one endpoint; `spoken`: fields of HttpProtocolOptions."""
    endpoint = {"endpoint": {"address": address}}
    found: Json = {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    if spoken:
        kind = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
        found["typed_extension_protocol_options"] = {kind: {"@type": TYPE + kind, **spoken}}
    return found


def access_log(line: str) -> Json:
    """An access logger that writes such a line (a format of Envoy's) among Envoy's own log."""
    text = {"text_format_source": {"inline_string": f"{line}\n"}}
    typed = {"@type": _STDERR, "log_format": text}
    return {"name": "envoy.access_loggers.stderr", "typed_config": typed}


def tcp_proxy(cluster: str, prefix: str) -> Json:
    """The last network filter where no HTTP is spoken; `prefix` begins its statistics."""
    typed = {"@type": _TCP_PROXY, "stat_prefix": prefix, "cluster": cluster}
    return {"name": "envoy.filters.network.tcp_proxy", "typed_config": typed}


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
