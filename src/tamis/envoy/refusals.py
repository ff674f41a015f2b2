"""Why a plugin did not start, in Envoy's own words."""

import re
from collections.abc import Iterable, Sequence

from tamis.envoy.log import GUESTS, Record, call_of
from tamis.envoy.trace import trap_of
from tamis.model.outcome import Trap

__all__ = ["START_CALLBACKS", "broken", "complaints", "open_call", "refusal"]

_START = {"proxy_on_vm_start": "on_vm_start", "proxy_on_configure": "on_configure"}
#: What `refusal` names when the module itself was fine.
START_CALLBACKS = frozenset(_START.values())
_REFUSED = {
    "Failed to start base Wasm": "on_vm_start",
    "Failed to configure base Wasm plugin": "on_configure",
}
_TWIN_REFUSED = re.compile(r"twin \S+ does not start: (?P<callback>on_\w+)\Z")
# Envoy's wrapping around the reason it gives first.
_GENERIC = ("Plugin ", "Wasm VM failed Failed to initialize", "Wasm VM failed Failed to load")


def broken(records: Iterable[Record], thread: int) -> Trap | None:
    """The first guest function that broke on `thread`."""
    ours = (each for each in records if each.thread == thread and each.logger in GUESTS)
    return next((found for each in ours if (found := trap_of(each))), None)


def refusal(records: Sequence[Record], main_thread: int) -> tuple[str | None, str]:
    """Why Envoy took no plugin: (the start callback that said no or broke, or None; its words)."""
    trap = broken(records, main_thread)
    if trap:
        callback = trap.callback
        return _START.get(callback, callback.removeprefix("proxy_")), trap.text
    words = complaints(records)
    twin = _TWIN_REFUSED.search(words)
    if twin:
        return twin["callback"], ""
    for told, callback in _REFUSED.items():
        if told in words:
            return callback, ""
    return None, words or "Unable to create Wasm plugin"


def complaints(records: Sequence[Record]) -> str:
    """What Envoy's Wasm runtime says went wrong, without what it says whatever went wrong."""
    said = [
        record.text.removeprefix("Wasm VM failed ")
        for record in records
        if record.logger in GUESTS
        and record.level in ("error", "critical")
        and not record.text.startswith(_GENERIC)
    ]
    return "; ".join(said)


def open_call(records: Iterable[Record]) -> str | None:
    """The guest function that was called and has not returned."""
    stack: list[str] = []
    for record in records:
        call = call_of(record)
        if call and call.way == "host->vm":
            stack.append(call.name)
        elif call and call.way == "host<-vm" and stack:
            stack.pop()
    return stack[0] if stack else None
