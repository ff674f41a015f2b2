"""`--report junit=FILE`, `--report github`, `--report markdown=FILE`: where reports go."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from tamis.errors import BadInput
from tamis.report.cases import Case
from tamis.report.github import github
from tamis.report.junit import junit
from tamis.report.markdown import markdown

__all__ = ["Sink", "parse", "put", "write"]

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


def write(sink: Sink, title: str, cases: Sequence[Case], document: str | None = None) -> None:
    """Write one report. GitHub's annotations go to stderr: stdout may carry the JSON object.

    `document`: Markdown instead of what would be made of the cases.

    Raises BadInput when its file cannot be written.
    """
    summary_text = markdown(title, cases) if document is None else document
    if sink.kind == "github":
        sys.stderr.write(github(cases))
        if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
            put(Path(summary), summary_text, "a")
        return
    assert sink.file
    put(sink.file, junit(cases) if sink.kind == "junit" else summary_text, "w")


def put(file: Path, text: str, mode: Literal["a", "w"] = "w") -> None:
    """Write or append to a report's file. Raises BadInput where that cannot be done."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open(mode, encoding="utf-8", errors="backslashreplace") as into:
            into.write(text)
    except OSError as error:
        raise BadInput(
            f"cannot write the report {file}: {error.strerror}",
            advice="Name a file in a folder you may write to.",
        ) from error
