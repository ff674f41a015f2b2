"""How an artifact's manifest is arranged: which consumer finds the module in it."""

from typing import Literal, get_args

__all__ = ["LAYOUTS", "Layout"]

#: Every puller takes `image`; `docker` is the same in Docker's older manifest; Istio and its forks
#: also take `istio`; Higress' console reads `higress`; `cncf` is for wkg and other Wasm tools.
Layout = Literal["image", "istio", "docker", "higress", "cncf"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
