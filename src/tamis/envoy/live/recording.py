"""The bootstrap of an Envoy that records traffic."""

import json
from pathlib import Path

from tamis.envoy.folder import Folder
from tamis.envoy.plugins import TYPE, Json
from tamis.envoy.wiring import HCM, HTTP_OPTIONS, pipe, router

__all__ = ["recording_bootstrap"]

_TAP = TYPE + "envoy.extensions.filters.http.tap.v3.Tap"
#: Bytes of one body that are recorded.
_RECORDED = 64 * 1024 * 1024


def recording_bootstrap(
    folder: Folder, prefix: Path, upstream: tuple[str, int], *, http2: bool
) -> str:
    """A reverse proxy on a free loopback port; an exchange becomes a file `<prefix>_<id>.json`."""
    options = {"http2_protocol_options": {}} if http2 else {"http_protocol_options": _trailers()}
    cluster = {
        "name": "upstream",
        "type": "STRICT_DNS",
        "connect_timeout": "5s",
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": HTTP_OPTIONS,
                "explicit_http_config": options,
            }
        },
        "load_assignment": {
            "cluster_name": "upstream",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _tcp(*upstream)}}]}],
        },
    }
    return json.dumps(
        {
            "admin": {"address": pipe(folder.admin)},
            "static_resources": {"listeners": [_recording(prefix)], "clusters": [cluster]},
        },
        indent=1,
    )


def _recording(prefix: Path) -> Json:
    everything = {"prefix": ""}
    route = {"match": everything, "route": {"cluster": "upstream", "timeout": "0s"}}
    manager = {
        "@type": HCM,
        "stat_prefix": "in",
        "codec_type": "AUTO",
        "http_protocol_options": _trailers(),
        "generate_request_id": False,
        "preserve_external_request_id": True,
        "server_header_transformation": "PASS_THROUGH",
        "http_filters": [_tap(prefix), router()],
        "route_config": {
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}],
        },
    }
    return {
        "name": "in",
        "address": _tcp("127.0.0.1", 0),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }


def _tap(prefix: Path) -> Json:
    sink = {"format": "JSON_BODY_AS_BYTES", "file_per_tap": {"path_prefix": str(prefix)}}
    output = {
        # Streaming keeps the chunks apart.
        "streaming": True,
        "max_buffered_rx_bytes": _RECORDED,
        "max_buffered_tx_bytes": _RECORDED,
        "sinks": [sink],
    }
    static = {"match": {"any_match": True}, "output_config": output}
    return {
        "name": "envoy.filters.http.tap",
        "typed_config": {"@type": _TAP, "common_config": {"static_config": static}},
    }


def _trailers() -> Json:
    return {"enable_trailers": True}


def _tcp(host: str, port: int) -> Json:
    return {"socket_address": {"address": host, "port_value": port}}
