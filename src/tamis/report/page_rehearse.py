"""A rehearsed upgrade as one page of HTML: nothing is fetched, nothing is run, light or dark."""

from collections.abc import Iterator

from tamis.model.rehearsed import Rehearsed, Swap
from tamis.report.html import document, safe, table
from tamis.report.pictures import legend
from tamis.report.rehearse import change, headline, rows
from tamis.report.terminal import bytes_of
from tamis.report.timeline import shown, timeline

__all__ = ["rehearse_page"]

#: Characters of a digest that are shown.
_DIGEST = 19


def rehearse_page(done: Rehearsed) -> str:
    """The document, ending with a newline."""
    title = change(done)
    return document(f"Rehearsed: {title}", "\n".join(_parts(done, title)))


def _parts(done: Rehearsed, title: str) -> Iterator[str]:
    verdict = "ok" if done.ok else "no"
    yield f"<main><h1>{safe(title)}</h1>"
    yield f'<p><strong class="{verdict}">{verdict}</strong> {safe(headline(done))}</p>'
    yield "<section><h2>Answers over time</h2>"
    yield legend([*shown(done)])
    yield f"{timeline(done)}</section>"
    yield "<section><h2>What was found</h2>"
    yield f"{table(('', ''), list(rows(done)), texts=(0, 1))}</section>"
    yield "<section><h2>Versions</h2>"
    names = (("OLD", done.old), ("NEW", done.new))
    told = [
        (name, one.text, one.version, one.digest[:_DIGEST], one.config[:_DIGEST])
        for name, one in names
    ]
    columns = ("", "named", "version", "module", "configuration")
    yield f"{table(columns, told, texts=range(5))}</section>"
    if done.swaps:
        yield "<details><summary>Every swap</summary>"
        head = ("to", "at, s", "taken, ms", "first, ms", "last before, ms", "memory", "VMs")
        yield table(head, [_swap(each) for each in done.swaps])
        yield "</details>"
    yield "</main>"


def _swap(swap: Swap) -> tuple[str, ...]:
    figures = (swap.taken_ms, swap.first_ms, swap.last_ms)
    shown = ("-" if each is None else f"{each:.1f}" for each in figures)
    held = (bytes_of(swap.resident), str(swap.vms)) if swap.resident else ("-", "-")
    return (swap.to.upper(), f"{swap.at_s:.2f}", *shown, *held)
