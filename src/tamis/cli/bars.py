"""Bars of what travels, on a terminal."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TransferSpeedColumn
from rich.progress import Progress as Bars

from tamis.model.transfer import Progress, Told

__all__ = ["bars"]

_DIGITS = 12


@contextmanager
def bars(console: Console | None = None) -> Iterator[Told]:
    """A bar for each blob, from its first byte on; they go when the block ends. May be told from
    any thread.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    shown = Bars(*columns, console=console or Console(stderr=True), transient=True)
    tasks: dict[str, TaskID] = {}
    lock = threading.Lock()

    def told(progress: Progress) -> None:
        with lock:
            if progress.what not in tasks:
                name = progress.what.removeprefix("sha256:")[:_DIGITS]
                tasks[progress.what] = shown.add_task(name, total=progress.total)
            shown.update(tasks[progress.what], completed=progress.done)

    with shown:
        yield told
