"""Where a guest broke, from the engine's words: it demangles names and reads DWARF."""

import re
from collections.abc import Sequence

from tamis.model.exchange import to_text

__all__ = ["frames"]

_FRAME = re.compile(r" *(\d+): +(?:0x[0-9a-f]+ - )?(.*)")
_INLINED = re.compile(r" +- (.*)")
_PLACE = re.compile(r" +at (.*?)(:\d+)?(:\d+)?")
_RUST_HASH = re.compile(r"::h[0-9a-f]{16}\Z")
#: Names that are mangled begin so; the engine takes a C function `y` for a mangled type as well.
_MANGLED = ("_Z", "__Z", "_R", "__R")

#: As the core reports a frame: index of the function, offset in it, its name, the module's.
_Raw = tuple[int, int, bytes, bytes]


def frames(words: bytes, raw: Sequence[_Raw]) -> tuple[str, ...]:
    """A line for each function, innermost first: `function (file:line)` as far as the module tells,
    else `func[12]+0x34`. A function that was inlined has its own line.
    """
    told: list[list[tuple[str, str]]] = [[] for _ in raw]  # name and place of each function
    at = -1
    for line in to_text(words).split("\n"):
        if found := _FRAME.fullmatch(line):
            at = int(found[1])
            if at >= len(told):
                break
            told[at].append((found[2], ""))
        elif at >= 0 and (found := _INLINED.fullmatch(line)):
            told[at].append((found[1], ""))
        elif at >= 0 and (found := _PLACE.fullmatch(line)):
            told[at][-1] = (told[at][-1][0], found[1] + (found[2] or ""))
        elif at >= 0:
            break
    return tuple(
        line for each, names in zip(raw, told, strict=True) for line in _lines(each, names)
    )


def _lines(raw: _Raw, told: list[tuple[str, str]]) -> list[str]:
    index, offset, own, module = raw
    place = f"func[{index}]+0x{offset:x}"
    if not told:
        return [to_text(own) or place]
    *inlined, (name, at) = told
    name = name.removeprefix(f"{to_text(module) or '<unknown>'}!")
    if not own:
        name = place if name == f"<wasm function {index}>" else name
    elif not to_text(own).startswith(_MANGLED):
        name = to_text(own)
    return [_line(*each) for each in (*inlined, (name, at))]


def _line(name: str, place: str) -> str:
    return _RUST_HASH.sub("", name) + (f" ({place})" if place else "")
