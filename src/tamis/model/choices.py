"""The words that tamis.toml, fixtures and metadata choose between."""

from typing import Literal, get_args

__all__ = [
    "FAILURE_POLICIES",
    "LAYOUTS",
    "Context",
    "FailurePolicy",
    "Language",
    "Layer",
    "Layout",
]

Language = Literal["cpp", "c", "rust", "go", "tinygo", "assemblyscript", "zig", "prebuilt"]
#: Where in the mesh it runs; EnvoyFilter's SIDECAR_INBOUND, SIDECAR_OUTBOUND, GATEWAY.
Context = Literal["inbound", "outbound", "gateway"]
Layer = Literal["http", "network"]

#: What happens to traffic once the VM has broken: Envoy's `failure_policy`.
FailurePolicy = Literal["closed", "open", "reload"]
FAILURE_POLICIES: tuple[FailurePolicy, ...] = get_args(FailurePolicy)

#: How an artifact's manifest is arranged: which consumer finds the module in it. Every puller takes
#: `image`; `docker` is the same in Docker's older manifest; Istio and its forks also take `istio`;
#: Higress' console reads `higress`; `cncf` is for wkg and other Wasm tools.
Layout = Literal["image", "istio", "docker", "higress", "cncf"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
