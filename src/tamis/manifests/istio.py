"""Istio: TrafficExtension (1.30 and later), WasmPlugin, and EnvoyFilter in its ECDS form.

In all three the agent pulls the artifact, so that `oci://` works; `sha256` is the digest of the
image manifest.
"""

from typing import Any

from tamis.errors import BadInput
from tamis.manifests.manifest import Deployment
from tamis.manifests.plugin import HTTP_WASM, wasm
from tamis.model.choices import Context, FailurePolicy
from tamis.model.plugin import plugin_of

__all__ = ["envoy_filter", "traffic_extension", "wasm_plugin"]

_EXTENSIONS = "extensions.istio.io/v1alpha1"
_NETWORKING = "networking.istio.io/v1alpha3"
#: The workload's side of the traffic; Istio counts all traffic of a gateway as CLIENT.
_MODES: dict[Context, str] = {"inbound": "SERVER", "outbound": "CLIENT", "gateway": "CLIENT"}
_CONTEXTS: dict[Context, str] = {
    "inbound": "SIDECAR_INBOUND",
    "outbound": "SIDECAR_OUTBOUND",
    "gateway": "GATEWAY",
}
_STRATEGIES: dict[FailurePolicy, str] = {
    "closed": "FAIL_CLOSE",
    "open": "FAIL_OPEN",
    "reload": "FAIL_RELOAD",
}
#: The label of Istio's own ingress gateway.
_GATEWAY = {"istio": "ingressgateway"}
#: What the agent puts in place of a module that it cannot fetch.
_RBAC = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC"


def wasm_plugin(deployment: Deployment) -> dict[str, Any]:
    """A WasmPlugin: attachment and module in one spec."""
    spec = _attachment(deployment) | _module(deployment, "WasmPlugin")
    return deployment.head(_EXTENSIONS, "WasmPlugin") | {"spec": spec}


def traffic_extension(deployment: Deployment) -> dict[str, Any]:
    """A TrafficExtension: the module's part stands under `wasm`."""
    spec = _attachment(deployment) | {"wasm": _module(deployment, "TrafficExtension")}
    return deployment.head(_EXTENSIONS, "TrafficExtension") | {"spec": spec}


def envoy_filter(deployment: Deployment) -> dict[str, Any]:
    """An EnvoyFilter: the configuration as an extension of its own, a filter that discovers it.

    Raises BadInput for network filters, which only the other two kinds can deploy.
    """
    if deployment.metadata.layer == "network":
        raise BadInput(
            f"{deployment.metadata.name} is a network filter: an EnvoyFilter here is for HTTP",
            advice="Render a WasmPlugin; its type NETWORK is made for that.",
        )
    context = _CONTEXTS[deployment.metadata.context]
    spec: dict[str, Any] = {}
    if deployment.labels:
        spec["workloadSelector"] = {"labels": dict(deployment.labels)}
    spec["configPatches"] = [_extension(deployment, context), _filter(deployment, context)]
    return deployment.head(_NETWORKING, "EnvoyFilter") | {"spec": spec}


def _attachment(deployment: Deployment) -> dict[str, Any]:
    """Which workloads, and which side of their traffic. No labels: all of the namespace."""
    gateway = deployment.metadata.context == "gateway"
    labels = dict(deployment.labels) or (_GATEWAY if gateway else {})
    selector = {"selector": {"matchLabels": dict(labels)}} if labels else {}
    return selector | {"match": [{"mode": _MODES[deployment.metadata.context]}]}


def _module(deployment: Deployment, kind: str) -> dict[str, Any]:
    module: dict[str, Any] = {
        "url": str(deployment.reference),
        "sha256": deployment.sha256,
        "type": "NETWORK" if deployment.metadata.layer == "network" else "HTTP",
    }
    if deployment.metadata.root_id:
        module["pluginName"] = deployment.metadata.root_id
    known = plugin_of(deployment.metadata)
    module["failStrategy"] = _STRATEGIES[known.failure_policy]
    if known.environment:
        variables = [{"name": name, "value": value} for name, value in known.environment.items()]
        module["vmConfig"] = {"env": variables}
    config = deployment.config_object(kind)
    return module if config is None else module | {"pluginConfig": config}


def _extension(deployment: Deployment, context: str) -> dict[str, Any]:
    """`cluster` must be there and is not used: the agent fetches, not Envoy."""
    remote = {
        "http_uri": {"uri": str(deployment.reference), "cluster": "_", "timeout": "30s"},
        "sha256": deployment.sha256,
    }
    value = {"name": deployment.name, "typed_config": wasm(deployment, {"remote": remote})}
    return {
        "applyTo": "EXTENSION_CONFIG",
        "match": {"context": context},
        "patch": {"operation": "ADD", "value": value},
    }


def _filter(deployment: Deployment, context: str) -> dict[str, Any]:
    manager = {
        "name": "envoy.filters.network.http_connection_manager",
        "subFilter": {"name": "envoy.filters.http.router"},
    }
    discovery = {"config_source": {"ads": {}}, "type_urls": [HTTP_WASM, _RBAC]}
    return {
        "applyTo": "HTTP_FILTER",
        "match": {"context": context, "listener": {"filterChain": {"filter": manager}}},
        "patch": {
            "operation": "INSERT_BEFORE",
            "value": {"name": deployment.name, "config_discovery": discovery},
        },
    }
