"""Why a plugin did not start, in Envoy's own words."""

import re
from collections.abc import Iterable, Sequence

from tamis.envoy.log import GUESTS, Record, call_of
from tamis.envoy.trace import trap_of
from tamis.model.outcome import Trap

__all__ = ["START_CALLBACKS", "broken", "cause", "complaints", "open_call", "refusal"]

_START = {"proxy_on_vm_start": "on_vm_start", "proxy_on_configure": "on_configure"}
#: What `refusal` names when the module itself was fine.
START_CALLBACKS = frozenset(_START.values())
_REFUSED = {
    "Failed to start base Wasm": "on_vm_start",
    "Failed to configure base Wasm plugin": "on_configure",
}
_TWIN_REFUSED = re.compile(r"twin \S+ does not start: (?P<callback>on_\w+)\Z")
# How Envoy ends that runs, and how one ends that only validates.
_INITIALIZING = re.compile(
    r"error `(?P<running>.*)` initializing config '"
    r"|error initializing (?:configuration|config) '[^']*': (?P<validating>.*)",
    re.DOTALL,
)
_UNREAD = re.compile(
    r"(?P<what>Unable to parse \w+ as proto) \((?P<why>.*?)\): [\[\]{}]", re.DOTALL
)
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


def cause(records: Sequence[Record]) -> str:
    """Why Envoy did not start from a bootstrap, or did not accept it: its words, cut to the cause.

    Of what it quotes (the bootstrap, a message, the chain of what was caused) nothing is left.
    """
    found = (_INITIALIZING.search(record.text) for record in reversed(records))
    said = next((each["running"] or each["validating"] for each in found if each), None)
    if said is None:
        return records[-1].text.partition("\n")[0] if records else ""
    unread = _UNREAD.search(said)
    if unread:
        said = f"{unread['what']}: {unread['why']}".replace("\n", " ")
    lines = [line for line in said.splitlines() if line.strip()]
    reason = " ".join(lines[-1].removeprefix(": ").split()) if lines else ""
    reason = reason.rpartition(" | caused by ")[2] if " | caused by " in reason else reason
    words = complaints(records)
    return f"{reason}: {words}" if words else reason


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
