"""Envoy alone: a bootstrap that runs as it is, the module being a file.

It listens on 127.0.0.1:10000 and forwards to port 8080; the filter's entry is the part to copy
into a configuration of one's own. Envoy pulls no artifacts: the module must lie where it says.
"""

from typing import Any

from tamis.manifests.manifest import Deployment
from tamis.manifests.plugin import wasm

__all__ = ["bootstrap", "comment", "module_path"]

_TYPES = "type.googleapis.com/envoy.extensions.filters"
_MANAGER = f"{_TYPES}.network.http_connection_manager.v3.HttpConnectionManager"
_ROUTER = f"{_TYPES}.http.router.v3.Router"
_TCP = f"{_TYPES}.network.tcp_proxy.v3.TcpProxy"
_UPSTREAM = "upstream"


def bootstrap(deployment: Deployment) -> dict[str, Any]:
    """Listener, filter, cluster."""
    direction = "INBOUND" if deployment.metadata.context == "inbound" else "OUTBOUND"
    entry = {
        "name": deployment.name,
        "typed_config": wasm(deployment, {"local": {"filename": module_path(deployment)}}),
    }
    chain = _tcp(entry) if deployment.metadata.layer == "network" else [_http(entry)]
    listener = {
        "name": "listener",
        "traffic_direction": direction,
        "address": _address("127.0.0.1", 10000),
        "filter_chains": [{"filters": chain}],
    }
    cluster = {
        "name": _UPSTREAM,
        "type": "STATIC",
        "connect_timeout": "5s",
        "load_assignment": {
            "cluster_name": _UPSTREAM,
            "endpoints": [
                {"lb_endpoints": [{"endpoint": {"address": _address("127.0.0.1", 8080)}}]}
            ],
        },
    }
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


def module_path(deployment: Deployment) -> str:
    """Where Envoy reads the module; a relative one is relative to where Envoy is started."""
    return str(deployment.module or f"{deployment.name}.wasm")


def comment(deployment: Deployment) -> str:
    """Which artifact that module is; the command that fetches it, where it is not at hand."""
    if deployment.module:
        return f"The module of {deployment.reference}"
    return f"tamis pull {deployment.reference} -o {module_path(deployment)}"


def _http(entry: dict[str, Any]) -> dict[str, Any]:
    route = {"match": {"prefix": "/"}, "route": {"cluster": _UPSTREAM}}
    return {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": _MANAGER,
            "stat_prefix": "ingress",
            "route_config": {
                "name": "routes",
                "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}],
            },
            "http_filters": [
                entry,
                {"name": "envoy.filters.http.router", "typed_config": {"@type": _ROUTER}},
            ],
        },
    }


def _tcp(entry: dict[str, Any]) -> list[dict[str, Any]]:
    proxy = {"@type": _TCP, "stat_prefix": "ingress", "cluster": _UPSTREAM}
    return [entry, {"name": "envoy.filters.network.tcp_proxy", "typed_config": proxy}]


def _address(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}
