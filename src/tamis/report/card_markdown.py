"""The cost card as Markdown, for a pull request."""

from collections.abc import Iterator, Sequence

from tamis.model.card import Against, Card
from tamis.model.measured import Timed
from tamis.report.bench import broken_budget
from tamis.report.card import card_totals, cold_text, size_text
from tamis.report.figures import FIGURES, added, amount, mean, most, share
from tamis.report.markdown import cell
from tamis.report.replay import why
from tamis.report.terminal import bytes_of, plural
from tamis.report.timed import how_taken, in_words, tables

__all__ = ["card_markdown"]


def card_markdown(card: Card) -> str:
    """The document, ending with a newline."""
    return "\n".join(_lines(card)) + "\n"


def _lines(card: Card) -> Iterator[str]:
    counted = card.counted
    yield f"### tamis bench: {cell(card.name)} {cell(card.version)}"
    yield ""
    yield f"**{'ok' if card.ok else 'no'}**: {cell(card_totals(card))}"
    yield ""
    for broken in counted.broken:
        yield f"- **no** {cell(why(broken).partition(chr(10))[0])}"
    for held in card.budgets:
        at = f"{held.place}: " if held.place else ""
        if held.ok:
            yield f"- ok: budget {held.name}: {held.value:,} of {held.limit:,}"
        else:
            yield f"- **no** {cell(at + broken_budget(held))}"
    if counted.exchanges:
        yield ""
        rows = []
        for name, label in FIGURES.items():
            value, where = most(counted, name)
            rows.append((label, amount(mean(counted, name)), amount(value), where))
        yield from _table(("an exchange", "average", "most", "in"), rows)
        yield ""
        yield from _callbacks(card)
    yield ""
    sizes = cell("; ".join(size_text(card)))
    memory = f"; memory of a VM: {bytes_of(counted.memory)}" if counted.fixtures else ""
    yield f"- module: {sizes}{memory}"
    if card.predicted:
        table = f"{card.predicted.table}: {card.predicted.made}"
        yield f"- in Envoy, predicted: {added(card.predicted.added_us)} a request ({cell(table)})"
    if told := cold_text(card):
        yield f"- start: {'; '.join(told)}"
    if card.timed:
        yield ""
        yield from _timed(card.timed)
    if card.advice:
        yield ""
        yield "**Cheaper**"
        yield ""
        for advice in card.advice:
            yield f"- `{advice.callback}` {cell(advice.message)}; {cell(advice.change)}"
    for against in card.against:
        yield ""
        yield from _against(against)


def _timed(timed: Timed) -> Iterator[str]:
    yield f"**Measured in {cell(timed.host)}**"
    yield ""
    for table in tables(timed):
        yield from _table(table.head, table.rows)
        yield ""
    for name, sentence in (*in_words(timed), *how_taken(timed)):
        yield f"- {name}: {cell(sentence)}"


def _callbacks(card: Card) -> Iterator[str]:
    each = len(card.counted.exchanges)
    rows = []
    for cost in card.counted.callbacks:
        counts = cost.counts
        names = ", ".join(
            f"{function.function} {amount(function.calls / each)}" for function in cost.functions
        )
        fuel = None if counts.fuel is None else counts.fuel / each
        copied = (counts.bytes_in + counts.bytes_out) / each
        figures = (counts.crossings / each, copied, fuel)
        rows.append((cost.callback, *map(amount, figures), names))
    yield from _table(("callback", "crossings", "bytes", "fuel", "calls"), rows)


def _against(against: Against) -> Iterator[str]:
    yield f"**Against {cell(against.file)}** ({plural(against.exchanges, 'exchange')} of both)"
    yield ""
    if against.changes:
        rows = [
            (each.what, amount(each.before), amount(each.now), share(each.before, each.now))
            for each in against.changes
        ]
        yield from _table(("", "before", "now", "change"), rows)
    else:
        yield "No change."
    yield from (f"- {cell(note)}" for note in against.notes)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|---{'|---:' * (len(head) - 2)}|---|"
    for row in rows:
        yield f"| {' | '.join(map(cell, row))} |"
