"""The bootstraps of an Envoy that is measured: one listener a variant, all else alike.

Requests are answered by Envoy itself (a direct response), so that nothing but Envoy's own work and
the filters' is in them: which answer, a header of the request says. Callouts go to another Envoy,
the origin. Field names: Envoy's v3 API reference.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tamis.envoy import native
from tamis.envoy.folder import Folder
from tamis.envoy.plugins import TYPE, Json
from tamis.envoy.wiring import BUFFER_LIMIT, HCM, cluster, pipe, router, tcp
from tamis.fixtures.workload import SELECTOR
from tamis.model.exchange import Answer, CalloutRule, Headers

__all__ = ["Lane", "lua", "measured_bootstrap", "origin_bootstrap"]

_BUFFER = TYPE + "envoy.extensions.filters.http.buffer.v3.Buffer"
_LUA = TYPE + "envoy.extensions.filters.http.lua.v3.Lua"
_ADDED, _REPLACED = "APPEND_IF_EXISTS_OR_ADD", "OVERWRITE_IF_EXISTS_OR_ADD"
_HTTP1: Json = {"explicit_http_config": {"http_protocol_options": {}}}
#: Headers that belong to the connection: Envoy writes its own.
_FRAMING = ("content-length", "transfer-encoding", "connection")


@dataclass(frozen=True, slots=True)
class Lane:
    """A listener of its own with `filters` (typed configurations) on the way, in order."""

    name: str
    filters: tuple[Json, ...] = ()


def lua(script: str) -> Json:
    """The filter that runs a Lua script."""
    return {"@type": _LUA, "default_source_code": {"inline_string": script}}


def measured_bootstrap(
    folder: Folder,
    lanes: Sequence[Lane],
    answers: Sequence[Answer],
    services: Mapping[str, int],
    *,
    bodies: bool,
    shim: Path | None = None,
) -> str:
    """JSON of an Envoy with these lanes on free ports of the loopback.

    `services`: name of a cluster -> the origin's port. `bodies`: some request has one. `shim`: a
    lane has a native twin.
    """
    clusters = [cluster(name, tcp(port), _HTTP1) for name, port in services.items()]
    if shim:
        clusters.append(native.clock_cluster(shim))
    routes = [*(_answering(at, each) for at, each in enumerate(answers)), _ANY]
    behind = [*([_buffer()] if bodies else []), router()]
    return json.dumps(
        {
            "admin": {"address": pipe(folder.admin)},
            "static_resources": {
                "listeners": [
                    _listener(lane.name, [*_named(lane), *behind], routes) for lane in lanes
                ],
                "clusters": clusters,
            },
        }
    )


def origin_bootstrap(folder: Folder, services: Mapping[str, Sequence[CalloutRule]]) -> str:
    """JSON of an Envoy that answers callouts: a listener for each cluster, its rules in order."""
    listeners = [
        _listener(name, [_buffer(), router()], [*map(_ruled, rules), _ANY])
        for name, rules in services.items()
    ]
    static = {"listeners": listeners}
    return json.dumps({"admin": {"address": pipe(folder.admin)}, "static_resources": static})


def _named(lane: Lane) -> list[Json]:
    # "name" is the filter's own in a configuration that names one; Envoy wants them to differ.
    return [
        {"name": f"{lane.name}-{at}", "typed_config": typed}
        for at, typed in enumerate(lane.filters)
    ]


def _listener(name: str, filters: list[Json], routes: list[Json]) -> Json:
    manager: Json = {
        "@type": HCM,
        "stat_prefix": name,
        "codec_type": "HTTP1",
        "http_protocol_options": {"enable_trailers": True},
        "generate_request_id": False,
        "preserve_external_request_id": True,
        "server_header_transformation": "PASS_THROUGH",
        "common_http_protocol_options": {"idle_timeout": "0s"},
        "http_filters": filters,
        "route_config": {
            "max_direct_response_body_size_bytes": BUFFER_LIMIT,
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}],
        },
    }
    chain = {"filters": [{"name": "http", "typed_config": manager}]}
    return {"name": name, "address": tcp(0), "filter_chains": [chain]}


_ANY: Json = {"match": {"prefix": ""}, "direct_response": {"status": 200}}


def _answering(number: int, answer: Answer) -> Json:
    matcher = {"name": SELECTOR, "string_match": {"exact": str(number)}}
    return {"match": {"prefix": "", "headers": [matcher]}, **_reply(answer.headers, answer.body)}


def _ruled(rule: CalloutRule) -> Json:
    headers = [
        {"name": name, "string_match": {"exact": value}}
        for name, value in rule.match.headers.items()
    ]
    return {
        "match": {"prefix": "", "headers": headers},
        **_reply(rule.reply.headers, rule.reply.body),
    }


def _reply(headers: Headers, body: Sequence[bytes]) -> Json:
    status, added = 200, []
    for name, value in headers:
        if name == ":status":
            status = int(value)
        elif name not in _FRAMING:
            action = _REPLACED if name == "content-type" else _ADDED
            # Envoy reads `%` as the begin of a word of its own.
            header = {"key": name, "value": value.replace("%", "%%")}
            added.append({"header": header, "append_action": action, "keep_empty_value": True})
    direct: Json = {"status": status}
    if content := b"".join(body):
        direct["body"] = {"inline_bytes": base64.b64encode(content).decode()}
    return {"direct_response": direct, "response_headers_to_add": added}


def _buffer() -> Json:
    """A reply before the whole request is there would close the connection."""
    typed = {"@type": _BUFFER, "max_request_bytes": BUFFER_LIMIT}
    return {"name": "envoy.filters.http.buffer", "typed_config": typed}
