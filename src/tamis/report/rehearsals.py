"""Where reports of rehearsals go: as those of all verbs, as a page, or as its picture alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from tamis.errors import BadInput
from tamis.model.rehearsed import Rehearsed
from tamis.report import sinks
from tamis.report.markdown import cell
from tamis.report.page_rehearse import rehearse_page
from tamis.report.rehearse import change, headline, rehearse_cases, rows
from tamis.report.timeline import standalone

__all__ = ["Shown", "parse", "write"]


@dataclass(frozen=True, slots=True)
class Shown:
    """`html=FILE` or `svg=FILE`."""

    kind: Literal["html", "svg"]
    file: Path


def parse(text: str) -> sinks.Sink | Shown:
    """Read one `--report`. Raises BadInput."""
    kind, _, file = text.partition("=")
    if kind in ("html", "svg") and file:
        return Shown(cast(Literal["html", "svg"], kind), Path(file))
    try:
        return sinks.parse(text)
    except BadInput as error:
        raise BadInput(
            error.what, advice="Write html=FILE, svg=FILE, markdown=FILE, junit=FILE or github."
        ) from error


def write(sink: sinks.Sink | Shown, done: Rehearsed) -> None:
    """Write one report. Raises BadInput when its file cannot be written."""
    if isinstance(sink, Shown):
        sinks.put(sink.file, rehearse_page(done) if sink.kind == "html" else standalone(done))
        return
    sinks.write(sink, "tamis rehearse", rehearse_cases(done), _markdown(done))


def _markdown(done: Rehearsed) -> str:
    verdict = "ok" if done.ok else "no"
    lines = [f"### tamis rehearse: {cell(change(done))}", ""]
    lines += [f"**{verdict}**: {cell(headline(done))}", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {cell(told)} |" for name, told in rows(done)]
    return "\n".join(lines) + "\n"
