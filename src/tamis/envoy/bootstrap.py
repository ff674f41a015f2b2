"""The bootstrap of a judging Envoy: what it listens on, what it forwards to, what it must not add.

Every setting here exists so that the filter meets the client's bytes and nothing else; what Envoy
still adds is the closed list in `profiles/wire.toml`. All sockets are Unix sockets inside one
folder, so ports cannot collide. Field names: Envoy's v3 API reference.
"""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = [
    "GUEST",
    "HCM",
    "HTTP_OPTIONS",
    "TYPE",
    "WASM",
    "Direction",
    "Folder",
    "Json",
    "Plugin",
    "Setup",
    "bootstrap",
    "pipe",
    "plugin_config",
    "resource",
    "router",
]

Direction = Literal["UNSPECIFIED", "INBOUND", "OUTBOUND"]
Json = dict[str, object]

TYPE = "type.googleapis.com/"
WASM = TYPE + "envoy.extensions.filters.http.wasm.v3.Wasm"
HTTP_OPTIONS = TYPE + "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
HCM = TYPE + "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_ROUTER = TYPE + "envoy.extensions.filters.http.router.v3.Router"
_STDERR = TYPE + "envoy.extensions.access_loggers.stream.v3.StderrAccessLog"
#: The ECDS resource: name of the HTTP filter that holds the fixture's plugin.
GUEST = "guest"
#: Envoy's maximum for max_request_headers_kb.
_HEADER_KIB = 8192
#: Bytes a stream may buffer before Envoy answers 413 or 500: Envoy's own default, spelled out.
_BUFFER_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Setup:
    """What distinguishes one bootstrap from another: one Envoy serves all fixtures that share it.

    `default_limits`: header limits as Envoy ships them (60 KiB, 100 headers), for fixtures about
    the limit itself. `node`: (key, value) of `id` and `cluster`, as xds.node shows them.
    """

    http1: bool = False
    default_limits: bool = False
    direction: Direction = "UNSPECIFIED"
    cluster: str = "upstream"
    route: str = ""
    node: tuple[tuple[str, str], ...] = ()


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
    def plugins(self) -> Path:
        """Watched for the plugin that is served now."""
        return self.root / "ecds"

    @property
    def plugin(self) -> Path:
        """The ECDS file; replaced by moving a new one over it."""
        return self.plugins / "plugin.json"

    @property
    def admin(self) -> Path:
        """Socket of the admin interface."""
        return self.root / "admin.sock"

    @property
    def listener(self) -> Path:
        """Socket that clients connect to."""
        return self.root / "in.sock"

    @property
    def upstream(self) -> Path:
        """Socket of our own upstream."""
        return self.root / "up.sock"


@dataclass(frozen=True, slots=True)
class Plugin:
    """One filter instance: a module file, its configuration as the guest reads it, its VM."""

    module: Path
    vm_id: str
    name: str = "guest"
    root_id: str = ""
    config: bytes = b""


def resource(plugin: Plugin, version: int) -> str:
    """The ECDS file's text: a DiscoveryResponse that holds `plugin`."""
    typed = {"@type": WASM, "config": plugin_config(plugin)}
    extension = {
        "@type": TYPE + "envoy.config.core.v3.TypedExtensionConfig",
        "name": GUEST,
        "typed_config": typed,
    }
    return json.dumps({"version_info": str(version), "resources": [extension]})


def plugin_config(plugin: Plugin) -> Json:
    """A PluginConfig (envoy.extensions.wasm.v3). BytesValue carries any bytes, raw."""
    return {
        "name": plugin.name,
        "root_id": plugin.root_id,
        "configuration": {
            "@type": TYPE + "google.protobuf.BytesValue",
            "value": base64.b64encode(plugin.config).decode(),
        },
        "vm_config": {
            "vm_id": plugin.vm_id,
            "runtime": "envoy.wasm.runtime.v8",
            "code": {"local": {"filename": str(plugin.module)}},
        },
    }


def bootstrap(setup: Setup, folder: Folder, access_prefix: str) -> str:
    """The whole bootstrap as JSON text; `access_prefix` begins each access log line."""
    node = {"id": "tamis", "cluster": "tamis", **dict(setup.node)}
    return json.dumps(
        {
            "node": node,
            "admin": {"address": pipe(folder.admin)},
            "static_resources": {
                "listeners": [_listener(setup, folder, access_prefix)],
                "clusters": [_cluster(setup, folder)],
            },
        },
        indent=1,
    )


def pipe(path: Path) -> Json:
    """An Address: a Unix socket."""
    return {"pipe": {"path": str(path)}}


def _listener(setup: Setup, folder: Folder, access_prefix: str) -> Json:
    manager = {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": _manager(setup, folder, access_prefix),
    }
    return {
        "name": "in",
        "address": pipe(folder.listener),
        "traffic_direction": setup.direction,
        "per_connection_buffer_limit_bytes": _BUFFER_LIMIT,
        "filter_chains": [{"filters": [manager]}],
    }


def _manager(setup: Setup, folder: Folder, access_prefix: str) -> Json:
    manager: Json = {
        "@type": HCM,
        "stat_prefix": "in",
        "codec_type": "HTTP1" if setup.http1 else "HTTP2",
        "http2_protocol_options": _http2(),
        "generate_request_id": False,
        "preserve_external_request_id": True,
        "server_header_transformation": "PASS_THROUGH",
        "stream_idle_timeout": "0s",
        "request_timeout": "0s",
        # A connection Envoy gives up on closes at once; what was written before can still be read.
        "delayed_close_timeout": "0s",
        "access_log": [_access_log(access_prefix)],
        "route_config": _routes(setup),
        "http_filters": [_guest(folder), router()],
    }
    if not setup.default_limits:
        manager["max_request_headers_kb"] = _HEADER_KIB
        manager["common_http_protocol_options"] = {
            "max_headers_count": 100_000,
            "idle_timeout": "0s",
        }
    return manager


def _http2() -> Json:
    # Roomy windows: flow control must never hold back a frame, or Envoy merges body callbacks.
    return {
        "initial_stream_window_size": 268_435_456,
        "initial_connection_window_size": 268_435_456,
        "max_consecutive_inbound_frames_with_empty_payload": 1_000_000,
    }


def _access_log(prefix: str) -> Json:
    # The details come last: a filter chooses their text.
    line = prefix + "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%\n"
    return {
        "name": "envoy.access_loggers.stderr",
        "typed_config": {
            "@type": _STDERR,
            "log_format": {"text_format_source": {"inline_string": line}},
        },
    }


def _routes(setup: Setup) -> Json:
    to_upstream = {
        "name": setup.route,
        "match": {"prefix": ""},
        "route": {"cluster": setup.cluster, "timeout": "0s", "idle_timeout": "0s"},
    }
    connect = {**to_upstream, "match": {"connect_matcher": {}}}
    return {
        "name": "routes",
        "virtual_hosts": [
            {"name": "all", "domains": ["*"], "routes": [to_upstream, connect]},
        ],
    }


def _guest(folder: Folder) -> Json:
    return {
        "name": GUEST,
        "config_discovery": {
            "config_source": {
                "path_config_source": {
                    "path": str(folder.plugin),
                    "watched_directory": {"path": str(folder.plugins)},
                },
                "resource_api_version": "V3",
            },
            "type_urls": [WASM],
        },
    }


def router() -> Json:
    """The last HTTP filter; it adds no x-envoy-* headers."""
    return {
        "name": "envoy.filters.http.router",
        "typed_config": {"@type": _ROUTER, "suppress_envoy_headers": True},
    }


def _cluster(setup: Setup, folder: Folder) -> Json:
    protocol: Json = {
        "@type": HTTP_OPTIONS,
        "explicit_http_config": {"http2_protocol_options": _http2()},
    }
    if not setup.default_limits:
        protocol["common_http_protocol_options"] = {
            "max_headers_count": 100_000,
            "max_response_headers_kb": _HEADER_KIB,
        }
    endpoint = {"endpoint": {"address": pipe(folder.upstream)}}
    return {
        "name": setup.cluster,
        "type": "STATIC",
        "connect_timeout": "5s",
        "per_connection_buffer_limit_bytes": _BUFFER_LIMIT,
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": protocol
        },
        "load_assignment": {
            "cluster_name": setup.cluster,
            "endpoints": [{"lb_endpoints": [endpoint]}],
        },
    }
