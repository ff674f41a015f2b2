"""The bootstrap of an Envoy that serves people: plugins in slots, taps around them, an upstream.

As in the judging Envoy, nothing is added to a request that the client did not send. Field names:
Envoy's v3 API reference.
"""

import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tamis.envoy.folder import Folder
from tamis.envoy.live.upstream import Upstream
from tamis.envoy.plugins import NETWORK_WASM, TYPE, WASM, Json, Loadable, typed_config
from tamis.envoy.wiring import HCM, HTTP_OPTIONS, pipe, router, slot, tcp
from tamis.model.filter import Layer

__all__ = ["ADMIN", "FRONT", "Slot", "Taps", "gate_bootstrap"]

#: Names of the listeners: where clients come in, and where Envoy's admin interface is reached.
FRONT, ADMIN = "in", "admin"
_TAP = TYPE + "envoy.extensions.filters.http.tap.v3.Tap"
_TCP_PROXY = TYPE + "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"
_TLS = TYPE + "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
_HTTP1, _HTTP2 = "upstream", "upstream-http2"
_EVERYTHING: Json = {"prefix": ""}


@dataclass(frozen=True, slots=True)
class Slot:
    """A filter whose plugin is put in later. Network filters come before HTTP filters.

    `fixed`: an HTTP filter's plugin that is there from the start, for good; without it Envoy does
    not start.
    """

    name: str
    layer: Layer = "http"
    fixed: Loadable | None = None


@dataclass(frozen=True, slots=True)
class Taps:
    """Where exchanges are written, `<path>_<stream>.json`: as they are in front of the filters, and
    behind them, each if not None. `bytes`: how much of a body.
    """

    before: Path | None = None
    behind: Path | None = None
    bytes: int = 64 * 1024 * 1024


def gate_bootstrap(
    folder: Folder,
    slots: Sequence[Slot],
    upstream: Upstream,
    address: tuple[str, int],
    *,
    admin: int = 0,
    taps: Taps | None = None,
    services: Mapping[str, int] | None = None,
) -> str:
    """JSON of a proxy that listens on `address` (port 0: any), its admin interface on `admin`.

    `services`: clusters that plugins call, on ports of this machine.
    """
    taps = taps or Taps()
    network = [slot(each.name, folder.plugin(each.name), NETWORK_WASM) for each in slots
               if each.layer == "network"]  # fmt: skip
    http = [each for each in slots if each.layer == "http"]
    last = _manager(folder, http, upstream, taps) if http or not network else _tcp(_HTTP1)
    listeners = [
        _listener(FRONT, address, [*network, last]),
        _listener(ADMIN, ("127.0.0.1", admin), [_tcp(ADMIN)]),
    ]
    clusters = [
        _cluster(upstream, _HTTP1, http2=upstream.http2 or upstream.path is not None),
        _cluster(upstream, _HTTP2, http2=True),
        _named(ADMIN, pipe(folder.admin)),
        *(_named(name, tcp(port)) for name, port in (services or {}).items()),
    ]
    static = {"listeners": listeners, "clusters": clusters}
    return json.dumps(
        {
            "node": {"id": "tamis", "cluster": "tamis"},
            "admin": {"address": pipe(folder.admin)},
            "static_resources": static,
        },
        indent=1,
    )


def _listener(name: str, address: tuple[str, int], filters: list[Json]) -> Json:
    host, port = address
    return {
        "name": name,
        "address": {"socket_address": {"address": host, "port_value": port}},
        # With it, a second Envoy on the same port would get half of the connections.
        "enable_reuse_port": False,
        "filter_chains": [{"filters": filters}],
    }


def _manager(folder: Folder, slots: Sequence[Slot], upstream: Upstream, taps: Taps) -> Json:
    filters = [
        {"name": each.name, "typed_config": typed_config(each.fixed)}
        if each.fixed
        else slot(each.name, folder.plugin(each.name), WASM)
        for each in slots
    ]
    before = [_tap("tap-before", taps.before, taps.bytes)] if taps.before else []
    behind = [_tap("tap-behind", taps.behind, taps.bytes)] if taps.behind else []
    http1 = _route(_EVERYTHING, _HTTP1, upstream)
    typed: Json = {
        "@type": HCM,
        "stat_prefix": "in",
        "codec_type": "AUTO",
        "http_protocol_options": {"enable_trailers": True},
        "generate_request_id": False,
        "preserve_external_request_id": True,
        "server_header_transformation": "PASS_THROUGH",
        "stream_idle_timeout": "0s",
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "http_filters": [*before, *filters, *behind, router()],
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [_route({**_EVERYTHING, "grpc": {}}, _HTTP2, upstream), http1],
                }
            ]
        },
    }
    return {"name": "http", "typed_config": typed}


def _route(match: Json, cluster: str, upstream: Upstream) -> Json:
    action: Json = {"cluster": cluster, "timeout": "0s"}
    if upstream.tls:
        # Whoever is reached by TLS serves names of its own, not this machine's.
        action["auto_host_rewrite"] = True
    return {"match": match, "route": action}


def _tap(name: str, prefix: Path, limit: int) -> Json:
    sink = {"format": "JSON_BODY_AS_BYTES", "file_per_tap": {"path_prefix": str(prefix)}}
    output = {
        # Streaming keeps the chunks apart.
        "streaming": True,
        "max_buffered_rx_bytes": limit,
        "max_buffered_tx_bytes": limit,
        "sinks": [sink],
    }
    static = {"match": {"any_match": True}, "output_config": output}
    typed = {"@type": _TAP, "common_config": {"static_config": static}}
    return {"name": name, "typed_config": typed}


def _tcp(cluster: str) -> Json:
    typed = {"@type": _TCP_PROXY, "stat_prefix": cluster, "cluster": cluster}
    return {"name": "tcp", "typed_config": typed}


def _cluster(upstream: Upstream, name: str, *, http2: bool) -> Json:
    if upstream.path:
        cluster = _named(name, pipe(upstream.path))
    else:
        socket = {"address": upstream.host, "port_value": upstream.port}
        cluster = _named(name, {"socket_address": socket})
        cluster["type"] = "STRICT_DNS"
    spoken: Json = {"http2_protocol_options": {}} if http2 else {"http_protocol_options": _TRAILERS}
    options: Json = {"@type": HTTP_OPTIONS, "explicit_http_config": spoken}
    if upstream.tls:
        options = {
            "@type": HTTP_OPTIONS,
            "auto_config": {"http_protocol_options": _TRAILERS, "http2_protocol_options": {}},
            "upstream_http_protocol_options": {"auto_sni": True, "auto_san_validation": True},
        }
        cluster["transport_socket"] = _tls(upstream.host)
    cluster["typed_extension_protocol_options"] = {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options
    }
    return cluster


_TRAILERS: Json = {"enable_trailers": True}


def _named(name: str, address: Json) -> Json:
    endpoint = {"endpoint": {"address": address}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _tls(host: str) -> Json:
    trusted = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    context = {"validation_context": {"trusted_ca": {"filename": trusted}}}
    typed = {"@type": _TLS, "sni": host, "common_tls_context": context}
    return {"name": "tls", "typed_config": typed}
