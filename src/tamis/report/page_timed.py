"""What a filter costs in Envoy, predicted and measured, as the page of a cost card shows it."""

from collections.abc import Iterator

from tamis.model.card import Card
from tamis.model.measured import Timed
from tamis.report import pictures
from tamis.report.figures import added, measured
from tamis.report.html import safe, table
from tamis.report.pictures import Span
from tamis.report.timed import (
    Table,
    added_table,
    how_taken,
    in_words,
    label,
    latency_table,
    memory_table,
    rank,
    ratio_table,
)

__all__ = ["in_envoy"]


def in_envoy(card: Card) -> Iterator[str]:
    """Its sections, none where nothing is known."""
    timed, predicted = card.timed, card.predicted
    if not timed and not predicted:
        return
    yield "<section class=timed><h2>Added to a request in Envoy</h2>"
    yield pictures.intervals(list(_spans(card)), "microseconds that a request takes more in Envoy")
    if timed:
        yield _table(added_table(timed))
        yield _table(ratio_table(timed))
        yield _words(in_words(timed))
    if predicted:
        told = safe(f"{predicted.table}: {predicted.made}")
        yield f"<p class=quiet>Predicted by the price table {told}.</p>"
    yield "</section>"
    if timed:
        yield from _more(timed)


def _spans(card: Card) -> Iterator[Span]:
    timed, predicted = card.timed, card.predicted
    for one in sorted(timed.variants if timed else (), key=lambda one: rank(one.name)):
        us = one.added_us
        yield Span(label(one.name), us, measured(us, "us"), rank(one.name), faint=not us.tells)
    ours = timed.predicted_us if timed else None
    if expected := ours or (predicted.added_us if predicted else None):
        yield Span("Wasm, predicted", expected, added(expected), rank("wasm"), faint=True)


def _more(timed: Timed) -> Iterator[str]:
    if timed.latencies:
        every = sorted(timed.latencies, key=lambda one: rank(one.name))
        yield "<section class=timed><h2>Latency in Envoy, us</h2>"
        drawn = [(rank(one.name), one) for one in every]
        yield pictures.curves(drawn, "microseconds by percentile")
        yield pictures.legend([(rank(one.name), label(one.name)) for one in every])
        yield f"{_table(latency_table(timed))}</section>"
    if timed.memory:
        yield "<section class=timed><h2>Memory</h2>"
        yield f"{_table(memory_table(timed))}</section>"
    yield f"<section class=timed><h2>Measured in {safe(timed.host)}</h2>"
    yield f"{_words(how_taken(timed))}</section>"


def _table(value: Table) -> str:
    return table(value.head, value.rows) if value.rows else ""


def _words(sentences: Iterator[tuple[str, str]]) -> str:
    return table(("", ""), list(sentences), texts=(0, 1))
