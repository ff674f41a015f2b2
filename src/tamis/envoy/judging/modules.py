"""What native code in Envoy shows of itself, and what not, out of Envoy's log."""

import re
from collections.abc import Iterable
from dataclasses import replace

from tamis.envoy.log import Record
from tamis.envoy.native import Kind
from tamis.model.exchange import to_text
from tamis.model.outcome import Callout, NotComparable

__all__ = ["APART", "DEFAULT_DETAILS", "GONE", "callout", "refusal", "shared", "unseen"]

_LOGGER = "dynamic_modules"
#: What Envoy says of a module's own reply that says nothing of itself.
DEFAULT_DETAILS = "dynamic_module"
#: Why an answer met nobody.
GONE = "a module's callouts end with their stream, those of Wasm with their plugin"
_FORWARDED = "x-forwarded-for"
#: Why exchanges that overlap tell nothing of such a module.
APART = "a dynamic module does not say which of several requests it lets go"
_REJECTED = "Filesystem config update rejected: Failed to create filter config: "
_UNWILLING = "Failed to initialize dynamic module"
_OTHER_ABI = re.compile(r"Dynamic module ABI version (?P<abi>\S+) is deprecated")
_SHARED = re.compile(r"shared (?P<key>[0-9a-f]*) (?P<value>[0-9a-f]*)\Z")
_REFUSED = "refused: "
#: Parts of outcomes that only crossings show, and a module of the user's has none.
_UNTOLD = ("logs", "metrics", "shared_data", "exchanges[*].pauses")
_NO_CROSSINGS = "a dynamic module does not say what it does; only the wire shows it"


def shared(records: Iterable[Record]) -> dict[str, bytes]:
    """The shared data that a twin left behind."""
    found: dict[str, bytes] = {}
    for record in records:
        told = _SHARED.match(record.text) if record.logger == _LOGGER else None
        if told:
            found[to_text(bytes.fromhex(told["key"]))] = bytes.fromhex(told["value"])
    return found


def refusal(records: Iterable[Record]) -> tuple[str | None, str]:
    """Why Envoy took no module of the user's: (the callback that said no, or None; its words)."""
    for record in records:
        if record.logger == "config" and record.text.startswith(_REJECTED):
            words = record.text.removeprefix(_REJECTED)
            return ("on_configure", "") if words == _UNWILLING else (None, words)
    return None, "it says nothing"


def callout(made: Callout) -> Callout:
    """Without what Envoy adds to a module's callouts, and not to those of Wasm: itself."""
    headers = []
    for name, value in made.headers:
        before = value.rpartition(",")[0]
        if name != _FORWARDED:
            headers.append((name, value))
        elif before:
            headers.append((name, before))
    return replace(made, headers=tuple(headers))


def unseen(kind: Kind, records: Iterable[Record]) -> list[NotComparable]:
    """What cannot be compared: all, where a twin was refused something; else what nobody tells."""
    if kind == "module":
        found = (_OTHER_ABI.match(record.text) for record in records if record.logger == _LOGGER)
        aged = next((each["abi"] for each in found if each), None)
        if aged:
            return [NotComparable("", f"it was built for another Envoy, of interface {aged}")]
        return [NotComparable(path, _NO_CROSSINGS) for path in _UNTOLD]
    refused = (
        record.text.removeprefix(_REFUSED)
        for record in records
        if record.logger == _LOGGER and record.text.startswith(_REFUSED)
    )
    return [
        NotComparable("", f"Envoy's dynamic modules cannot: {what}")
        for what in dict.fromkeys(refused)
    ]
