"""`--watch`: a verb again and again, whenever a file it depends on changes."""

import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tamis.cli.frame import Frame

if TYPE_CHECKING:
    from watchfiles import Change

__all__ = ["watching"]

#: What tamis and compilers write beside the sources.
_OURS = frozenset(("build", "target", "node_modules", "__pycache__"))
_WRITTEN = ("build.lock.json",)
_SNAPSHOT = ".snap.json"
#: Milliseconds to wait for a burst of changes to end, between two looks, and when nothing happens.
_BURST, _STEP, _IDLE = 60, 20, 150


def watching(
    frame: Frame,
    once: Callable[[], None],
    folders: Callable[[], Iterable[Path]],
    meanwhile: Callable[[], None] = lambda: None,
    keys: str = "Ctrl-C ends",
    begin: Callable[[], object] = lambda: None,
) -> None:
    """`once`, then again after each change below `folders`, until Ctrl-C.

    An error is told and waits to be mended; the exit code is that of the last turn. `folders` is
    asked before each turn: a mended tamis.toml may name others. `meanwhile` is called again and
    again while nothing changes. `keys`: what is told of the keyboard. `begin` is called
    once the folders are watched, so that no change behind it is missed; what it raises ends this.
    """
    places: tuple[str, ...] = ()
    changes: Iterator[set[object]] = iter(())
    try:
        while True:
            if places != (found := _outermost(folders())):
                places, changes = found, _changes(found)
                next(changes)  # from here on nothing is missed, also while a turn goes on
            begin()
            begin = _nothing
            frame.turn(once)
            frame.progress(f"watching {', '.join(places)} ({keys})")
            while not next(changes):
                meanwhile()
    except KeyboardInterrupt:
        frame.progress("")
        if signal.getsignal(signal.SIGTERM) == signal.SIG_IGN:
            # watchfiles makes an interrupt of every signal; this one was to end us (see cli.main).
            raise SystemExit(128 + signal.SIGTERM) from None


def _changes(places: Iterable[str]) -> Iterator[set[object]]:
    """What changed since it was last asked; an empty set when it is first asked, and now and then
    when nothing did.
    """
    from watchfiles import watch

    if not places:  # references alone: nothing of them changes
        return _never()
    return cast(
        "Iterator[set[object]]",
        watch(
            *places,
            watch_filter=_counts,
            debounce=_BURST,
            step=_STEP,
            rust_timeout=_IDLE,
            yield_on_timeout=True,
            raise_interrupt=True,
        ),
    )


def _nothing() -> None:
    pass


def _outermost(paths: Iterable[Path]) -> tuple[str, ...]:
    """Each once, and none that another holds, by the name that it was given first."""
    named = {path.resolve(): str(path) for path in reversed(tuple(paths))}
    return tuple(
        text for path, text in reversed(named.items()) if named.keys().isdisjoint(path.parents)
    )


def _never() -> Iterator[set[object]]:
    while True:
        yield set()
        time.sleep(_IDLE / 1000)


def _counts(_change: "Change", name: str) -> bool:
    """Whether a change of that file may change a verdict; what tamis writes itself may not."""
    path = Path(name)
    here = Path.cwd()
    parts = path.relative_to(here).parts if path.is_relative_to(here) else path.parts[-3:]
    if any(part in _OURS or part.startswith(".") for part in parts):
        return False
    return path.name not in _WRITTEN and not path.name.endswith((_SNAPSHOT, "~", ".swp"))
