"""The cost card at a terminal, 100 columns wide."""

import textwrap
from collections.abc import Iterator

from tamis.model.card import Advice, Against, Card, ColdStart, Held
from tamis.model.cost import CallbackCost
from tamis.model.measured import Timed, Variant
from tamis.report.bench import broken_budget
from tamis.report.figures import (
    FIGURES,
    added,
    amount,
    mean,
    measured,
    most,
    nanoseconds,
    share,
    times,
)
from tamis.report.replay import why
from tamis.report.terminal import Lines, bytes_of, facts, line, plural, together
from tamis.report.timed import how_taken, in_words, tables

__all__ = ["card_lines", "card_totals", "card_verdicts", "cold_text", "size_text"]

_COLUMNS = 100
_NAME = 38
_LABEL = 25  # of a row that is timed
_SENTENCE = 12  # what stands before one
_MANY = 12  # changes and fixtures shown before they are summed up


def card_lines(card: Card, *, every: bool = False) -> Lines:
    """The card, its verdict last; `every`: each fixture and each change."""
    parts = [_title(card)]
    if card.counted.exchanges:
        parts += [line(), _exchange(card), line(), _callbacks(card)]
    if every:
        parts += [line(), _fixtures(card)]
    parts += [line(), facts(_facts(card))]
    if card.timed:
        parts += [line(), _timed(card.timed)]
    if card.advice:
        parts += [line(), line(("cheaper:", "bold"))]
        parts += [_advice(each) for each in card.advice]
    for against in card.against:
        parts += [line(), _against(against, every=every)]
    verdict = ("ok ", "green") if card.ok else ("no ", "bold red")
    total = line(verdict, (card.name, "bold"), f": {card_totals(card)}")
    return together(*parts, line(), card_verdicts(card), total)


def card_verdicts(card: Card) -> Lines:
    """What is broken, and every budget."""
    rows = []
    for broken in card.counted.broken:
        first, *frames = why(broken).split("\n")
        rows += [line(("no ", "bold red"), first), *map(line, frames)]
    return together(*rows, *(_budget(each) for each in card.budgets))


def card_totals(card: Card) -> str:
    """`11.2 crossings an exchange, 13 us (7.1 to 25) predicted, 4 budgets kept`; what was timed in
    Envoy stands for what was predicted, if it tells.
    """
    parts = []
    if (crossings := mean(card.counted, "crossings")) is not None:
        parts.append(f"{amount(crossings)} crossings an exchange")
    subject = _subject(card.timed) if card.timed else None
    if subject and subject.added_us.tells:
        parts.append(f"{measured(subject.added_us, 'us')} timed")
    elif card.predicted:
        parts.append(f"{added(card.predicted.added_us)} predicted")
    if broken := sum(not each.ok for each in card.budgets):
        parts.append(f"{plural(broken, 'budget')} broken")
    elif card.budgets:
        parts.append(f"{plural(len(card.budgets), 'budget')} kept")
    if card.counted.broken:
        parts.append(f"{plural(len(card.counted.broken), 'fixture')} broken")
    return ", ".join(parts) or "nothing to count"


def _subject(timed: Timed) -> Variant | None:
    """The filter itself: Wasm, or a dynamic module that is measured alone."""
    alone = timed.variants[0] if len(timed.variants) == 1 else None
    return timed.variant("wasm") or alone


def _title(card: Card) -> Lines:
    counted = card.counted
    if not counted.fixtures:
        return line((card.name, "bold"), f" {card.version}: nothing is counted")
    what = f"{plural(len(counted.exchanges), 'exchange')} of"
    what += f" {plural(len(counted.fixtures), 'fixture')}"
    return line((card.name, "bold"), f" {card.version}: {what}, counted in {counted.host}")


def _exchange(card: Card) -> Lines:
    rows = [line((f"{'an exchange':{_NAME}}{'average':>12}{'most':>12}", "dim"))]
    for name, label in FIGURES.items():
        value, where = most(card.counted, name)
        front = f"  {label:{_NAME - 2}}{amount(mean(card.counted, name)):>12}{amount(value):>12}"
        rows.append(line(front, (f"  {_cut(where, _COLUMNS - len(front) - 2)}", "dim")))
    return together(*rows)


def _callbacks(card: Card) -> Lines:
    """Averages of an exchange, by callback and what it crossed with."""
    exchanges = len(card.counted.exchanges)
    head = f"{'by callback':{_NAME}}{'calls':>9}{'crossings':>11}{'in':>10}{'out':>10}{'fuel':>12}"
    rows = [line((head, "dim"))]
    for cost in card.counted.callbacks:
        counts = cost.counts
        figures = (cost.runs, counts.crossings, counts.bytes_in, counts.bytes_out, counts.fuel)
        rows.append(line((_row(cost.callback, figures, exchanges), "bold")))
        rows += [line(_row(f"  {name}", row, exchanges)) for name, row in _functions(cost)]
    return together(*rows)


_Row = tuple[int | None, ...]


def _functions(cost: CallbackCost) -> Iterator[tuple[str, _Row]]:
    for each in cost.functions:
        yield each.function, (each.calls, None, each.bytes_in, each.bytes_out, None)


def _row(name: str, figures: _Row, exchanges: int) -> str:
    widths = (9, 11, 10, 10, 12)
    texts = ("" if each is None else amount(each / exchanges) for each in figures)
    cells = "".join(f"{text:>{width}}" for text, width in zip(texts, widths, strict=True))
    return f"{_cut(name, _NAME):{_NAME}}{cells}".rstrip()


def _fixtures(card: Card) -> Lines:
    rows = [line((f"{'by exchange':60}{'crossings':>11}{'bytes':>12}{'fuel':>12}", "dim"))]
    for fixture in card.counted.fixtures:
        for step in fixture.exchanges:
            counts = step.counts
            name = _cut(f"{fixture.fixture}, step {step.step}", 60)
            copied = counts.bytes_in + counts.bytes_out
            cells = f"{counts.crossings:>11,}{copied:>12,}{amount(counts.fuel):>12}"
            rows.append(line(f"{name:60}{cells}"))
    return together(*rows)


def _facts(card: Card) -> Iterator[tuple[str, str]]:
    for at, text in enumerate(size_text(card)):
        yield ("" if at else "module"), text
    for fixture in card.counted.fixtures:
        if fixture.more:
            crossings = f"{fixture.more:,} crossings were too many to charge them to callbacks"
            yield "not told", f"{_cut(fixture.fixture, 30)}: {crossings}"
    if card.counted.fixtures:
        yield "memory", f"{bytes_of(card.counted.memory)} of a VM at its largest"
    if card.predicted:
        yield "in Envoy", f"{added(card.predicted.added_us)} added to a request: predicted"
        yield "", f"by the table {card.predicted.table} ({card.predicted.made})"
    if card.cold:
        for at, text in enumerate(cold_text(card)):
            yield ("" if at else "start"), text


def _timed(timed: Timed) -> Lines:
    """Tables, then sentences, folded."""
    rows = [line(("measured", "bold"), f" in {timed.host}")]
    for table in tables(timed):
        every = (table.head, *table.rows)
        widths = [max(map(len, column)) + 2 for column in zip(*every, strict=True)][1:]
        for at, (name, *figures) in enumerate(every):
            cells = (f"{each:>{width}}" for each, width in zip(figures, widths, strict=True))
            front = f"{'  ' if at else ''}{name}"
            rows.append(line((f"{front:{_LABEL}}{''.join(cells)}", "" if at else "dim")))
    told = []
    for name, sentence in (*in_words(timed), *how_taken(timed)):
        for at, part in enumerate(textwrap.wrap(sentence, _COLUMNS - _SENTENCE)):
            told.append(("" if at else name, part))
    return together(*rows, facts(told))


def size_text(card: Card) -> tuple[str, str]:
    """The module's sizes, in two lines."""
    sizes = card.sizes
    if sizes.optimised is None:
        less = f"not optimised: {sizes.why}"
    else:
        less = f"{sizes.optimised:,} bytes by {sizes.optimizer} -Oz"
    return f"{sizes.raw:,} bytes, {sizes.gzipped:,} gzipped", less


def cold_text(card: Card) -> tuple[str, ...]:
    """How long a start takes, in lines; none where no clock was asked."""
    cold = card.cold
    if cold is None:
        return ()
    parts = [f"compile {nanoseconds(cold.compile.ns)}"]
    parts.append(f"instantiate {nanoseconds(cold.instantiate.ns)}")
    if cold.first and cold.exchange:
        parts.append(f"first exchange {nanoseconds(cold.first.ns)}")
        parts.append(f"any later one {nanoseconds(cold.exchange.ns)}")
    runs = f"of {cold.compile.runs}, all else of {cold.instantiate.runs} runs"
    how = f"each the least: compiling {runs}, in this process, not in Envoy"
    return ", ".join(parts), how, *_native_text(cold)


def _native_text(cold: ColdStart) -> Iterator[str]:
    if cold.exchange and cold.native:
        wasm, native = cold.exchange.ns, cold.native.ns
        both = f"wasm {nanoseconds(wasm)} an exchange, native {nanoseconds(native)}"
        yield f"in this process: {both} ({times(wasm / native)}); no claim about Envoy"


def _advice(advice: Advice) -> Lines:
    many = f" ({advice.exchanges} exchanges)" if advice.exchanges > 1 else ""
    first = f"{advice.callback} {advice.message}{many}"
    rows = textwrap.wrap(first, _COLUMNS - 2, subsequent_indent="  ")
    rows += textwrap.wrap(advice.change, _COLUMNS - 4, initial_indent="  ", subsequent_indent="  ")
    at = len(rows) - len(textwrap.wrap(advice.change, _COLUMNS - 4))
    return together(
        *(line((f"  {row}", "" if index < at else "cyan")) for index, row in enumerate(rows))
    )


def _against(against: Against, *, every: bool) -> Lines:
    past = f"{against.file} ({against.past.version})"
    rows = [line(("against ", "dim"), past, f", {plural(against.exchanges, 'exchange')} of both")]
    shown = against.changes if every else against.changes[:_MANY]
    for change in shown:
        worse = change.now > change.before
        text = f"{amount(change.before):>14} -> {amount(change.now):<14}"
        style = "yellow" if worse else "green"
        rows.append(
            line(f"  {_cut(change.what, 36):36}{text}", (share(change.before, change.now), style))
        )
    if len(against.changes) > len(shown):
        left = len(against.changes) - len(shown)
        rows.append(line((f"  ... and {left} more (-v shows all)", "dim")))
    if not against.changes:
        rows.append(line("  no change"))
    rows += [line((f"  {_cut(note, _COLUMNS - 2)}", "dim")) for note in against.notes]
    return together(*rows)


def _budget(held: Held) -> Lines:
    if held.ok:
        used = f"{held.value:,} of {held.limit:,}"
        return line(("ok ", "green"), f"budget {held.name}: {used}")
    at = f"{held.place}: " if held.place else ""
    return line(("no ", "bold red"), f"{at}{broken_budget(held)}")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 3, 0)] + "..."
