"""The bootstrap of an Envoy that serves people: plugins in slots, taps around them, an upstream.

As in the judging Envoy, nothing is added to a request that the client did not send. Field names:
Envoy's v3 API reference.
"""

import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tamis.envoy.folder import Folder
from tamis.envoy.live.taps import Taps, behind, early, in_front, told
from tamis.envoy.live.upstream import Upstream
from tamis.envoy.plugins import NETWORK_WASM, TYPE, WASM, Json, Loadable, typed_config
from tamis.envoy.wiring import HCM, cluster, pipe, router, slot, tcp, tcp_proxy
from tamis.model.choices import Layer

__all__ = ["ADMIN", "FRONT", "Slot", "gate_bootstrap"]

#: Names of the listeners: where clients come in, and where Envoy's admin interface is reached.
FRONT, ADMIN = "in", "tamis.admin"
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


def gate_bootstrap(
    folder: Folder,
    slots: Sequence[Slot],
    upstream: Upstream,
    address: tuple[str, int],
    *,
    admin: int = 0,
    taps: Taps | None = None,
    access_prefix: str = "",
    clusters: Mapping[str, Upstream] | None = None,
) -> str:
    """JSON of a proxy that listens on `address` (port 0: any), its admin interface on `admin`.

    `access_prefix` begins the line of each exchange in the log, where there are taps. `clusters`:
    those that plugins call, by their names.
    """
    network = [slot(each.name, folder.plugin(each.name), NETWORK_WASM) for each in slots
               if each.layer == "network"]  # fmt: skip
    http = [each for each in slots if each.layer == "http"]
    wasm = [_filter(each, folder) for each in http]
    more: Json = {}
    if taps:
        wasm = [*in_front(taps, folder), *wasm, *behind(taps, folder)]
        more = {
            "early_header_mutation_extensions": early(),
            "access_log": told(access_prefix),
        }
    last = _manager(wasm, upstream, more) if http or not network else tcp_proxy(_HTTP1, _HTTP1)
    listeners = [
        _listener(FRONT, address, [*network, last]),
        _listener(ADMIN, ("127.0.0.1", admin), [tcp_proxy(ADMIN, ADMIN)]),
    ]
    known = [
        _cluster(upstream, _HTTP1, http2=upstream.http2 or upstream.path is not None),
        _cluster(upstream, _HTTP2, http2=True),
        cluster(ADMIN, pipe(folder.admin)),
        *(_cluster(to, name, http2=to.http2) for name, to in (clusters or {}).items()),
    ]
    static = {"listeners": listeners, "clusters": known}
    return json.dumps(
        {
            "node": {"id": "tamis", "cluster": "tamis"},
            "admin": {"address": pipe(folder.admin)},
            "static_resources": static,
        },
        indent=1,
    )


def _filter(filter: Slot, folder: Folder) -> Json:
    if filter.fixed:
        return {"name": filter.name, "typed_config": typed_config(filter.fixed)}
    return slot(filter.name, folder.plugin(filter.name), WASM)


def _listener(name: str, address: tuple[str, int], filters: list[Json]) -> Json:
    host, port = address
    return {
        "name": name,
        "address": tcp(port, host),
        # With it, a second Envoy on the same port would get half of the connections.
        "enable_reuse_port": False,
        "filter_chains": [{"filters": filters}],
    }


def _manager(filters: Sequence[Json], upstream: Upstream, more: Json) -> Json:
    http1 = _route(_EVERYTHING, _HTTP1, upstream)
    typed: Json = {
        "@type": HCM,
        **more,
        "stat_prefix": "in",
        "codec_type": "AUTO",
        "http_protocol_options": {"enable_trailers": True},
        "generate_request_id": False,
        "preserve_external_request_id": True,
        "server_header_transformation": "PASS_THROUGH",
        "stream_idle_timeout": "0s",
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "http_filters": [*filters, router()],
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


def _cluster(upstream: Upstream, name: str, *, http2: bool) -> Json:
    explicit: Json = (
        {"http2_protocol_options": {}} if http2 else {"http_protocol_options": _TRAILERS}
    )
    spoken: Json = {"explicit_http_config": explicit}
    if upstream.tls:
        either: Json = {"http_protocol_options": _TRAILERS, "http2_protocol_options": {}}
        spoken = {"auto_config": either}
    if upstream.path:
        return cluster(name, pipe(upstream.path), spoken)
    found = cluster(name, tcp(upstream.port, upstream.host), spoken)
    # Both families are tried: localhost is ::1 to a resolver, and 127.0.0.1 to many servers.
    found |= {"type": "LOGICAL_DNS", "dns_lookup_family": "ALL"}
    if upstream.tls:
        found["transport_socket"] = _tls(upstream.host)
    return found


_TRAILERS: Json = {"enable_trailers": True}


def _tls(host: str) -> Json:
    trusted = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    context = {"validation_context": {"trusted_ca": {"filename": trusted}}}
    typed = {
        "@type": _TLS,
        "sni": host,
        "auto_sni_san_validation": True,
        "common_tls_context": context,
    }
    return {"name": "tls", "typed_config": typed}
