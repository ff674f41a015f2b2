"""`--report junit=FILE`, `--report github`, `--report markdown=FILE`: where reports go."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from tamis.errors import BadInput, Missing
from tamis.report.cases import Case
from tamis.report.github import github
from tamis.report.junit import junit
from tamis.report.markdown import markdown

__all__ = ["Sink", "parse", "write"]

_ADVICE = "Write junit=FILE, markdown=FILE or github."


@dataclass(frozen=True, slots=True)
class Sink:
    """One report: `github` has no file."""

    kind: Literal["junit", "markdown", "github"]
    file: Path | None = None


def parse(text: str) -> Sink:
    """Read one `--report`. Raises BadInput."""
    kind, equals, file = text.partition("=")
    if kind == "github" and not equals:
        return Sink("github")
    if kind in ("junit", "markdown") and file:
        return Sink(cast(Literal["junit", "markdown"], kind), Path(file))
    raise BadInput(f"--report {text}: not a report tamis writes", advice=_ADVICE)


def write(sink: Sink, title: str, cases: Sequence[Case]) -> None:
    """Write one report. GitHub's annotations go to stderr: stdout may carry the JSON object."""
    if sink.kind == "github":
        sys.stderr.write(github(cases))
        if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(markdown(title, cases))
        return
    text = junit(cases) if sink.kind == "junit" else markdown(title, cases)
    assert sink.file
    try:
        sink.file.parent.mkdir(parents=True, exist_ok=True)
        sink.file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Missing(
            f"cannot write the report {sink.file}: {error.strerror}",
            advice="Name a file in a folder you may write to.",
        ) from error
