"""What a judging Envoy listens on: one listener with the fixture's plugin, one beside it.

The one beside it holds the plugins that meet no traffic, and a route to every cluster by which our
servers get their connections before anything is measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tamis.envoy.judging.setup import Setup
from tamis.envoy.judging.tellers import openers, tellers
from tamis.envoy.judging.values import merge
from tamis.envoy.plugins import NETWORK_WASM, WASM, Json
from tamis.envoy.wiring import (
    BUFFER_LIMIT,
    CLUSTER_HEADER,
    HCM,
    HEADER_KIB,
    access_log,
    http2,
    pipe,
    router,
    slot,
    tcp,
    tcp_proxy,
)

__all__ = ["STATE", "Places", "listeners"]

#: Begins an access log line that shows a filter state object: its number among Setup.state follows.
STATE = "state "


@dataclass(frozen=True, slots=True)
class Places:
    """The sockets of both listeners (a network filter's is any port, not `front`), and the ECDS
    files of the slots in each.
    """

    front: Path
    guest: Mapping[str, Path]
    side: Path
    others: Mapping[str, Path]


def listeners(setup: Setup, places: Places, access_prefix: str, front: Json | None) -> list[Json]:
    """Both listeners; `front`: the transport_socket of the judged one."""
    told = setup.told.objects()
    filters = (
        [
            *(slot(*each, NETWORK_WASM) for each in places.guest.items()),
            tcp_proxy(setup.cluster, "in"),
        ]
        if setup.network
        else [_manager(_judged(setup, places.guest, access_prefix))]
    )
    chain: Json = {"filters": [*tellers(setup), *filters] if setup.network else filters}
    if front:
        chain["transport_socket"] = front
    listener: Json = {
        "name": "in",
        "address": tcp(0) if setup.network else pipe(places.front),
        "per_connection_buffer_limit_bytes": BUFFER_LIMIT,
        "listener_filters": openers(setup.told),
        "filter_chains": [merge(chain, told.get("chain", {}))],
    }
    if setup.network:
        listener["access_log"] = _access_logs(setup, access_prefix)
    beside: Json = {
        "name": "side",
        "address": pipe(places.side),
        "filter_chains": [{"filters": [_manager(_idle(places.others))]}],
    }
    return [merge(listener, told.get("listener", {})), beside]


def _manager(config: Json) -> Json:
    typed = {"@type": HCM, **config}
    return {"name": "envoy.filters.network.http_connection_manager", "typed_config": typed}


def _judged(setup: Setup, guest: Mapping[str, Path], access_prefix: str) -> Json:
    manager: Json = {
        "stat_prefix": "in",
        "codec_type": "HTTP1" if setup.http1 else "HTTP2",
        "http2_protocol_options": http2(),
        "generate_request_id": False,
        "preserve_external_request_id": True,
        "server_header_transformation": "PASS_THROUGH",
        "stream_idle_timeout": "0s",
        "request_timeout": "0s",
        # A connection Envoy gives up on closes at once; what was written before can still be read.
        "delayed_close_timeout": "0s",
        "access_log": _access_logs(setup, access_prefix),
        "route_config": _routes(setup),
        "http_filters": [
            *tellers(setup),
            *(slot(*each, WASM) for each in guest.items()),
            router(),
        ],
    }
    if not setup.default_limits:
        manager["max_request_headers_kb"] = HEADER_KIB
        manager["common_http_protocol_options"] = {
            "max_headers_count": 100_000,
            "idle_timeout": "0s",
        }
    return manager


def _idle(slots: Mapping[str, Path]) -> Json:
    route = {"match": {"prefix": ""}, "route": {"cluster_header": CLUSTER_HEADER}}
    return {
        "stat_prefix": "side",
        "codec_type": "HTTP2",
        "stream_idle_timeout": "0s",
        "common_http_protocol_options": {"idle_timeout": "0s"},
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [*(slot(*each, WASM) for each in slots.items()), router()],
    }


def _access_logs(setup: Setup, prefix: str) -> list[Json]:
    # The details come last: a filter chooses their text. A filter state object has a line of its
    # own, as it may hold anything.
    details = "%CONNECTION_TERMINATION_DETAILS%" if setup.network else "%RESPONSE_CODE_DETAILS%"
    lines = [f"{STATE}{n} %FILTER_STATE({name}:PLAIN)%" for n, name in enumerate(setup.state)]
    lines.append(f"%CONNECTION_ID% %RESPONSE_CODE% %RESPONSE_FLAGS% {details}")
    return [access_log(f"{prefix}{line}") for line in lines]


def _routes(setup: Setup) -> Json:
    told = setup.told.objects()
    route: Json = {"route": {"cluster": setup.cluster, "timeout": "0s", "idle_timeout": "0s"}}
    route = merge(route, told.get("route", {}))
    matches: list[Json] = [{"prefix": ""}, {"connect_matcher": {}}]
    routes = [{**route, "match": match} for match in matches]
    host: Json = {"name": "all", "domains": ["*"], "routes": routes}
    return {"name": "routes", "virtual_hosts": [merge(host, told.get("host", {}))]}
