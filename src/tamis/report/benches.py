"""Where reports of cost cards go: as those of all verbs, or as a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tamis.errors import BadInput
from tamis.model.card import Card
from tamis.report import sinks
from tamis.report.bench import bench_cases
from tamis.report.card_markdown import card_markdown
from tamis.report.page import page

__all__ = ["Page", "parse", "write"]


@dataclass(frozen=True, slots=True)
class Page:
    """`html=FILE`."""

    file: Path


def parse(text: str) -> sinks.Sink | Page:
    """Read one `--report`. Raises BadInput."""
    kind, _, file = text.partition("=")
    if kind == "html" and file:
        return Page(Path(file))
    try:
        return sinks.parse(text)
    except BadInput as error:
        raise BadInput(
            error.what, advice="Write html=FILE, markdown=FILE, junit=FILE or github."
        ) from error


def write(sink: sinks.Sink | Page, cards: Sequence[Card]) -> None:
    """Write one report of all cards. Raises BadInput when its file cannot be written."""
    if isinstance(sink, Page):
        sinks.put(sink.file, page(cards))
        return
    cases = [case for card in cards for case in bench_cases(card)]
    sinks.write(sink, "tamis bench", cases, "\n".join(map(card_markdown, cards)))
