"""What plugins say while people use them, read from a live Envoy's log."""

from collections.abc import Iterable, Iterator, Sequence

from tamis.envoy.log import GUESTS, Record
from tamis.envoy.plugins import log_prefixes
from tamis.model.outcome import LogLine
from tamis.model.plugin import Plugin

__all__ = ["said", "spoken"]

_SAID = "wasm log"
_LEVELS = {"warning": "warn"}
#: What Envoy's Wasm runtime tells from here on is a plugin's trouble.
_TROUBLE = frozenset({"error", "critical"})


def spoken(
    records: Iterable[Record], plugins: Sequence[Plugin], main_thread: int
) -> Iterator[LogLine]:
    """The lines of all VMs but the main thread's, which run beside the traffic; each with the name
    of its plugin. What Envoy itself says of a plugin that breaks has no name.
    """
    for record in records:
        if record.logger not in GUESTS or record.thread == main_thread:
            continue
        if record.text.startswith(_SAID):
            yield _line(record, plugins)
        elif record.level in _TROUBLE:
            yield LogLine(record.level, record.text)


def said(records: Iterable[Record], plugin: Plugin) -> list[str]:
    """What the plugin itself complained of, whichever VM it was; each once."""
    lines = (
        _line(record, (plugin,)).message
        for record in records
        if record.logger in GUESTS and record.level in _TROUBLE and record.text.startswith(_SAID)
    )
    return list(dict.fromkeys(lines))


def _line(record: Record, plugins: Sequence[Plugin]) -> LogLine:
    text = record.text.removeprefix(_SAID)
    level = _LEVELS.get(record.level, record.level)
    for plugin in plugins:
        # The longest first: one without a root id and VM id begins all others.
        for prefix in sorted(log_prefixes(plugin), key=len, reverse=True):
            if text.startswith(prefix):
                return LogLine(level, text.removeprefix(prefix), plugin=plugin.name)
    return LogLine(level, text.partition(": ")[2] or text)
