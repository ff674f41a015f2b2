"""Cost cards as one page of HTML: nothing is fetched, nothing is run, light or dark."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tamis.model.card import Against, Card
from tamis.report import pictures
from tamis.report.bench import broken_budget
from tamis.report.card import card_totals, cold_text, size_text
from tamis.report.figures import FIGURES, amount, mean, most, share
from tamis.report.html import document, safe, table
from tamis.report.page_timed import in_envoy
from tamis.report.pictures import Bar, Point
from tamis.report.replay import why
from tamis.report.terminal import bytes_of, plural

__all__ = ["page"]

_OTHER = "all others"


def page(cards: Sequence[Card]) -> str:
    """The document, ending with a newline."""
    title = ", ".join(card.name for card in cards) or "nothing"
    body = "\n".join(part for card in cards for part in _card(card))
    return document(f"What it costs: {title}", body)


def _card(card: Card) -> Iterator[str]:
    verdict = "ok" if card.ok else "no"
    counted = card.counted
    yield f"<main><h1>{safe(card.name)} <small>{safe(card.version)}</small></h1>"
    yield f'<p><strong class="{verdict}">{verdict}</strong> {safe(card_totals(card))}</p>'
    what = "nothing is counted"
    if counted.fixtures:
        exchanges = plural(len(counted.exchanges), "exchange")
        what = f"{exchanges} of {plural(len(counted.fixtures), 'fixture')}"
        what += f", counted in {safe(counted.host)}"
    yield f"<p class=quiet>{what}; <code>{safe(card.digest)}</code></p>"
    yield from _budgets(card)
    if counted.exchanges:
        yield from _pictures(card)
    yield from in_envoy(card)
    if counted.exchanges:
        yield from _exchange(card)
    yield from _advice(card)
    yield from _facts(card)
    yield from _history(card)
    for against in card.against:
        yield from _against(against)
    yield from _fixtures(card)
    yield "</main>"


def _budgets(card: Card) -> Iterator[str]:
    lines = [why(each).partition("\n")[0] for each in card.counted.broken]
    for each in card.budgets:
        at = f"{each.place}: " if each.place else ""
        if not each.ok:
            lines.append(f"{at}{broken_budget(each)}")
    if lines:
        items = "".join(f"<li>{safe(text)}</li>" for text in lines)
        yield f'<ul class="broken">{items}</ul>'
    if card.budgets:
        rows = [
            (b.name, amount(b.value), amount(b.limit), "ok" if b.ok else "no") for b in card.budgets
        ]
        yield table(("budget", "is", "may be", ""), rows)


def _pictures(card: Card) -> Iterator[str]:
    bars, series = _bars(card)
    yield "<section><h2>Crossings of an exchange, by callback</h2>"
    yield pictures.stacked(bars, series, "crossings of an average exchange by callback")
    yield f"{pictures.legend(list(enumerate(series)))}</section>"


def _bars(card: Card) -> tuple[list[Bar], list[str]]:
    """Bars by callback; the functions called most have a colour each, all others one."""
    exchanges = len(card.counted.exchanges)
    calls: Counter[str] = Counter()
    for cost in card.counted.callbacks:
        calls["the callback itself"] += cost.runs
        for each in cost.functions:
            calls[each.function] += each.calls
    names = [name for name, _ in sorted(calls.items(), key=lambda item: (-item[1], item[0]))]
    series = names[: pictures.COLORS - 1]
    if len(names) > len(series):
        series.append(_OTHER)
    bars = []
    for cost in card.counted.callbacks:
        parts = Counter({"the callback itself": cost.runs})
        for each in cost.functions:
            parts[each.function if each.function in series else _OTHER] += each.calls
        ordered = tuple((name, parts[name] / exchanges) for name in series if parts[name])
        bars.append(Bar(cost.callback, ordered))
    return bars, series


def _exchange(card: Card) -> Iterator[str]:
    counted = card.counted
    rows = []
    for name, label in FIGURES.items():
        value, where = most(counted, name)
        rows.append((label, amount(mean(counted, name)), amount(value), where))
    yield "<section><h2>An exchange</h2>"
    yield table(("", "average", "most", "in"), rows, texts=(0, 3))
    lines = []
    for cost in counted.callbacks:
        counts, each = cost.counts, len(counted.exchanges)
        figures = (cost.runs, counts.crossings, counts.bytes_in, counts.bytes_out, counts.fuel)
        told = (amount(None if figure is None else figure / each) for figure in figures)
        lines.append((cost.callback, *told))
    yield table(("callback", "calls", "crossings", "bytes in", "bytes out", "fuel"), lines)
    yield "</section>"


def _advice(card: Card) -> Iterator[str]:
    if not card.advice:
        return
    yield "<section><h2>Cheaper</h2><ul>"
    for each in card.advice:
        many = f" ({each.exchanges} exchanges)" if each.exchanges > 1 else ""
        where = f"{each.fixture}, step {each.step}"
        yield (
            f"<li><code>{safe(each.callback)}</code> {safe(each.message)}{many}."
            f"<br><em>{safe(each.change)}</em> <span class=quiet>{safe(where)}</span></li>"
        )
    yield "</ul></section>"


def _facts(card: Card) -> Iterator[str]:
    rows = [("" if at else "module", text) for at, text in enumerate(size_text(card))]
    if card.counted.fixtures:
        rows.append(("memory", f"{bytes_of(card.counted.memory)} of a VM"))
    rows += [("start" if not at else "", text) for at, text in enumerate(cold_text(card))]
    yield "<section><h2>Module</h2>"
    yield f"{table(('', ''), rows, texts=(0, 1))}</section>"


def _history(card: Card) -> Iterator[str]:
    if not card.against:
        return
    pasts = [each.past for each in card.against]
    counts = card.counted
    now = f"{card.version} now"
    copied = (mean(counts, "bytes_in") or 0) + (mean(counts, "bytes_out") or 0)
    lines: dict[str, list[Point]] = {
        "crossings of an exchange": [Point(p.version, p.crossings) for p in pasts],
        "bytes copied in an exchange": [Point(p.version, p.copied) for p in pasts],
        "bytes of the module": [Point(p.version, p.size) for p in pasts],
    }
    last = (mean(counts, "crossings") or 0, copied, float(card.sizes.raw))
    yield "<section><h2>History</h2><div class=grid>"
    for (what, points), value in zip(lines.items(), last, strict=True):
        drawn = pictures.history([*points, Point(now, value)], what)
        yield f"<figure><figcaption>{what}</figcaption>{drawn}</figure>"
    if card.predicted and all(past.added_us for past in pasts):
        timed = [Point(p.version, p.added_us.value, p.added_us) for p in pasts if p.added_us]
        added_us = card.predicted.added_us
        drawn = pictures.history([*timed, Point(now, added_us.value, added_us)], "predicted us")
        yield f"<figure><figcaption>us in Envoy, predicted</figcaption>{drawn}</figure>"
    yield "</div></section>"


def _against(against: Against) -> Iterator[str]:
    yield f"<section><h2>Against {safe(against.file)}</h2>"
    notes = safe("; ".join(against.notes))
    yield f"<p class=quiet>{plural(against.exchanges, 'exchange')} of both. {notes}</p>"
    rows = [
        (each.what, amount(each.before), amount(each.now), share(each.before, each.now))
        for each in against.changes
    ]
    yield table(("", "before", "now", ""), rows) if rows else "<p>No change.</p>"
    yield "</section>"


def _fixtures(card: Card) -> Iterator[str]:
    rows = []
    for fixture in card.counted.fixtures:
        for step in fixture.exchanges:
            counts = step.counts
            figures = (counts.crossings, counts.bytes_in, counts.bytes_out, counts.fuel)
            rows.append((f"{fixture.fixture}, step {step.step}", *map(amount, figures)))
    if rows:
        yield "<details><summary>Every exchange</summary>"
        yield table(("exchange", "crossings", "bytes in", "bytes out", "fuel"), rows)
        yield "</details>"
