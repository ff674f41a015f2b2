"""Native code in Envoy: what a shared library is, what it would need, and how Envoy loads it.

A twin exports callbacks of proxy-wasm and runs behind the shim (sdk/native), an Envoy dynamic
module. A module of the user's own is a dynamic module itself.
"""

import base64
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from tamis import elf
from tamis.errors import BadInput, Rejected
from tamis.model.built import Unsupported
from tamis.model.plugin import Plugin

__all__ = [
    "CLOCK",
    "DYNAMIC",
    "ENVOY",
    "clock_cluster",
    "kind_of",
    "module_config",
    "twin_config",
    "unsupported",
]

Json = dict[str, object]
Kind = Literal["wasm", "twin", "module"]

_TYPE = "type.googleapis.com/"
DYNAMIC = _TYPE + "envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter"
_CLUSTER = _TYPE + "envoy.extensions.clusters.dynamic_modules.v3.ClusterConfig"
#: The Envoy whose dynamic modules the shim and those of our C++ SDK are.
ENVOY = "1.40"
#: The cluster by which the shim gets timers in workers (sdk/native/clock.h).
CLOCK = "tamis.clock"
_INIT = "envoy_dynamic_module_on_program_init"
_FILTER = "envoy_dynamic_module_on_http_filter_new"
_MARKER = "proxy_abi_version_"


def unsupported(names: Iterable[str]) -> tuple[Unsupported, ...]:
    """Those of a twin's imports (or exports) that Envoy's modules have no means for.

    A crate whose objects have tables of functions imports what it never calls: of such a twin they
    tell nothing, and the shim refuses the call itself, by name.
    """
    table = _table()
    known = {**table["functions"], **table["callbacks"]}
    return tuple(Unsupported(name, known[name]) for name in sorted(set(names) & set(known)))


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    text = files("tamis.envoy").joinpath("refused.toml").read_text("utf-8")
    return tomllib.loads(text)


def kind_of(module: bytes, name: str = "the file") -> Kind:
    """What it is. Raises BadInput for a shared library that is neither twin nor HTTP module,
    Rejected for one that is of another machine.
    """
    if not elf.is_library(module):
        return "wasm"
    try:
        library = elf.read(module)
    except ValueError as error:
        raise BadInput(f"{name} is {error}", advice="Build it again.") from error
    from platform import machine

    if library.machine != machine():
        raise Rejected(
            f"{name} is for {library.machine}, this machine is {machine()}",
            advice="Build it on this kind of machine.",
        )
    if _INIT in library.exports:
        if _FILTER not in library.exports:
            raise BadInput(
                f"{name} is a dynamic module of Envoy, but has no HTTP filter",
                advice=f"An HTTP filter exports {_FILTER} and its fellows.",
            )
        return "module"
    if any(export.startswith(_MARKER) for export in library.exports):
        return "twin"
    raise BadInput(
        f"{name} is a shared library, but no dynamic module of Envoy and no native twin",
        advice=f"A module exports {_INIT}, a twin {_MARKER}0_2_1 and proxy_on_* callbacks.",
    )


def module_config(module: Path, plugin: Plugin, config: bytes) -> Json:
    """A DynamicModuleFilter that runs a module of the user's."""
    return {
        "dynamic_module_config": _module(module),
        "filter_name": plugin.root_id or plugin.name,
        "filter_config": _bytes(config),
    }


def twin_config(
    shim: Path, twin: Path, plugin: Plugin, config: bytes, shared: Mapping[str, bytes]
) -> Json:
    """A DynamicModuleFilter in which the shim runs a twin (its format: sdk/native/settings.h)."""
    lines = [f"name {plugin.name}", f"root_id {plugin.root_id}", f"vm_id {plugin.vm_id or ''}"]
    if plugin.allow_on_headers_stop_iteration:
        lines.append("allow_on_headers_stop_iteration")
    if plugin.vm_config:
        lines.append(f"vm_configuration {plugin.vm_config.hex()}")
    lines += [f"shared {key.encode().hex()} {value.hex()}" for key, value in shared.items()]
    head = "\n".join(("#tamis.plugin", *lines, "", "")).encode()
    return {
        "dynamic_module_config": _module(shim),
        "filter_name": str(twin),
        "filter_config": _bytes(head + config),
    }


def clock_cluster(shim: Path) -> Json:
    """The cluster that gives the shim timers and a word in every worker."""
    typed = {"@type": _CLUSTER, "dynamic_module_config": _module(shim), "cluster_name": CLOCK}
    return {
        "name": CLOCK,
        "connect_timeout": "1s",
        "lb_policy": "CLUSTER_PROVIDED",
        "cluster_type": {"name": "envoy.clusters.dynamic_modules", "typed_config": typed},
    }


def _module(path: Path) -> Json:
    return {"module": {"local": {"filename": str(path)}}}


def _bytes(data: bytes) -> Json:
    text = base64.b64encode(data).decode()
    return {"@type": _TYPE + "google.protobuf.BytesValue", "value": text}
