"""Envoy's own verdict without traffic: on a bootstrap, and on whether a module loads.

`--mode validate` builds everything a bootstrap names, creates Wasm VMs and runs their
on_vm_start and on_configure.
"""

import json
import secrets
from dataclasses import dataclass

from tamis.envoy import refusals
from tamis.envoy.binary import Binary
from tamis.envoy.folder import Folder, temporary
from tamis.envoy.log import Record, whole
from tamis.envoy.plugins import GUEST, WASM, Loadable, plugin_config
from tamis.envoy.process import supervised
from tamis.envoy.wiring import HCM, router, tcp
from tamis.errors import Fault
from tamis.model.plugin import Plugin

__all__ = ["loads", "validate"]

_SECONDS = 120


@dataclass(frozen=True, slots=True)
class _Verdict:
    status: int
    records: tuple[Record, ...]


def validate(binary: Binary, bootstrap: str) -> str | None:
    """None if Envoy accepts the bootstrap (YAML or JSON text), else its reason.

    Relative paths in it are relative to the current directory. Raises Fault if Envoy hangs,
    Missing when there is no room for its files.
    """
    with temporary() as folder:
        verdict = _ask(binary, folder, bootstrap)
    if verdict.status == 0:
        return None
    if verdict.status < 0:
        return f"Envoy crashed with signal {-verdict.status}"
    return refusals.cause(verdict.records) or f"Envoy ended with status {verdict.status}"


def loads(binary: Binary, module: bytes, root_id: str = "") -> str | None:
    """None if Envoy can load the module, else Envoy's own reason. `root_id`: of its plugin.

    A module that loads and then refuses to start without configuration does load. A crash of Envoy
    is a reason too. Raises Fault if Envoy hangs,
    Missing when there is no room for its files.
    """
    with temporary() as folder:
        wasm = folder.root / "module.wasm"
        wasm.write_bytes(module)
        verdict = _ask(
            binary,
            folder,
            _bootstrap(Loadable(wasm, Plugin("guest", root_id=root_id, vm_id="tamis.loads"))),
        )
    if verdict.status == 0:
        return None
    if verdict.status < 0:
        return f"Envoy crashed with signal {-verdict.status} when it loaded this module"
    main_thread = verdict.records[0].thread if verdict.records else 0
    callback, words = refusals.refusal(verdict.records, main_thread)
    if callback in refusals.START_CALLBACKS:
        return None
    return words or f"{callback} failed"


def _bootstrap(plugin: Loadable) -> str:
    """The smallest bootstrap that loads `plugin`: for `--mode validate`."""
    guest = {"name": GUEST, "typed_config": {"@type": WASM, "config": plugin_config(plugin)}}
    manager = {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": HCM,
            "stat_prefix": "in",
            "route_config": {"name": "routes"},
            "http_filters": [guest, router()],
        },
    }
    listener = {
        "name": "in",
        "address": tcp(0),
        "filter_chains": [{"filters": [manager]}],
    }
    return json.dumps({"static_resources": {"listeners": [listener]}})


def _ask(binary: Binary, folder: Folder, bootstrap: str) -> _Verdict:
    nonce = f"@{secrets.token_hex(8)}"
    config = folder.root / "bootstrap.yaml"  # Envoy reads what the name says, and JSON is YAML
    config.write_text(bootstrap, encoding="utf-8")
    # Envoy ignores --component-log-level in this mode.
    levels = ("--log-level", "error", "--log-format", f"{nonce} %t %l %n %v")
    single = ("--disable-hot-restart", "--concurrency", "1")
    status = supervised(
        folder,
        [str(binary.path), "--mode", "validate", "-c", str(config), *levels, *single],
        within=_SECONDS,
    )
    if status is None:
        raise Fault(
            f"{binary.host} did not finish validating within {_SECONDS} s",
            advice="A guest that never returns from its start hangs Envoy: test it in wasmtime.",
        )
    return _Verdict(status, whole(folder.log, nonce))
