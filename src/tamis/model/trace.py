"""Every call over the boundary between host and guest, in order, as `tamis test --trace` shows it.

A trace is for people: it is neither compared between hosts nor kept in snapshots.
"""

from dataclasses import dataclass
from typing import Literal

from tamis.model.exchange import Headers

__all__ = ["Crossing", "Excerpt", "Trace", "Value"]

#: Characters shown of one value.
_SHOWN = 120
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0", "\\": "\\\\", '"': '\\"'}


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The beginning of bytes, and how many they are; None: the guest named bytes it has not."""

    data: bytes | None
    size: int

    def __str__(self) -> str:
        if self.data is None:
            return f"<{self.size} bytes outside of memory>"
        shown = self.data[:_SHOWN]
        return _quoted(shown) + (f"... ({self.size} bytes)" if len(shown) < self.size else "")


#: A number, bytes, or a header map.
Value = int | Excerpt | Headers


@dataclass(frozen=True, slots=True)
class Crossing:
    """One call; those it led to follow it, one deeper.

    `arguments` are what the callee is told; `values` what a host function gives back beside its
    `result`, which has a name where it is a status. `fuel`: what a guest function burnt, with all
    it called; so are `bytes_in`, `bytes_out` and `allocations`, as in Counts. `trapped`: it did not
    return. `step`: as in LogLine. `vm`: 0 is the first VM made.
    """

    way: Literal["host->vm", "vm->host"]
    name: str
    arguments: tuple[Value, ...] = ()
    result: int | None = None
    status: str = ""
    values: tuple[Value, ...] = ()
    trapped: bool = False
    fuel: int | None = None
    depth: int = 0
    step: int | None = None
    vm: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    allocations: int = 0

    def __str__(self) -> str:
        told = [self.status or _number(self.result), *map(_text, self.values)]
        result = "trap" if self.trapped else " ".join(filter(None, told))
        place = f" {self.vm}" if self.vm else ""
        return "".join(
            (
                f"[{self.way}{place}] {self.name}({', '.join(map(_text, self.arguments))})",
                f" -> {result}" if result else "",
                "" if self.fuel is None else f" [fuel {self.fuel}]",
            )
        )


@dataclass(frozen=True, slots=True)
class Trace:
    """`more`: crossings that were counted, but not kept, because they would be too many."""

    crossings: tuple[Crossing, ...] = ()
    more: int = 0


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _text(value: Value) -> str:
    if isinstance(value, tuple):
        lines = (f"{_quote(name)}: {_quote(text)}" for name, text in value)
        return "{" + ", ".join(lines) + "}"
    return str(value)


def _quote(text: str) -> str:
    raw = text.encode("utf-8", "surrogateescape")
    return str(Excerpt(raw, len(raw)))


def _quoted(raw: bytes) -> str:
    """In double quotes; what cannot be printed is escaped as C does."""
    return '"' + "".join(map(_escaped, raw.decode("utf-8", "surrogateescape"))) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
