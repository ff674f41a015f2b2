"""What all verbs show people alike: styled lines, and their text for a terminal or a file."""

import io
import os
from collections.abc import Iterable
from typing import TextIO

__all__ = ["Lines", "bytes_of", "facts", "line", "plural", "text", "together"]

#: Lines of (text, style) parts; styles are rich's: "bold red", "dim", "".
Lines = tuple[tuple[tuple[str, str], ...], ...]

#: Bell, backspace, vertical tab, form feed, carriage return: they would overwrite what stands.
_CONTROL = dict.fromkeys((7, 8, 11, 12, 13))


def line(*parts: str | tuple[str, str]) -> Lines:
    """One line of (styled) text; nothing in it is read as markup."""
    return (tuple((part, "") if isinstance(part, str) else part for part in parts),)


def together(*parts: Lines) -> Lines:
    """One below the other."""
    return tuple(each for part in parts for each in part)


def text(lines: Lines, stream: TextIO) -> str:
    """The lines as `stream` takes them: rich colours what a terminal shows, and what it is told to
    (FORCE_COLOR); all else is plain text, which needs no rich.
    """
    terminal = stream.isatty()
    if not terminal and not os.environ.get("FORCE_COLOR") and not os.environ.get("TTY_COMPATIBLE"):
        plain = ("".join(part for part, _ in each) + "\n" for each in lines)
        return "".join(plain).translate(_CONTROL)
    from rich.console import Console
    from rich.text import Text

    shown = io.StringIO()
    console = Console(file=shown, force_terminal=terminal or None, highlight=False, soft_wrap=True)
    for each in lines:
        console.print(Text.assemble(*each, no_wrap=True, overflow="ignore"))
    return shown.getvalue()


def bytes_of(size: int) -> str:
    """A size a person reads: 812 B, 9.6 KiB, 2.2 MiB."""
    value, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{size} B" if unit == "B" else f"{value:.1f} {unit}"


def plural(count: int, word: str) -> str:
    """`1 file`, `3 files`, `no files`."""
    return f"{count or 'no'} {word}{'' if count == 1 else 's'}"


def facts(rows: Iterable[tuple[str, str]]) -> Lines:
    """Names and values in two columns; a value is never folded, so that it can be copied."""
    listed = list(rows)
    width = max((len(name) for name, _ in listed), default=0)
    return together(*(line((f"{name:{width}}  ", "dim"), value) for name, value in listed))
