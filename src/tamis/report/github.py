"""GitHub workflow commands: an annotation at the line of each problem.

Format: GitHub's "Workflow commands for GitHub Actions", `::error file=,line=,title=::message`.
"""

from collections.abc import Sequence

from tamis.errors import Place
from tamis.report.cases import Case

__all__ = ["github"]


def github(cases: Sequence[Case]) -> str:
    """One line per problem or warning; empty when there is none."""
    lines = []
    for case in cases:
        title = f"{case.name} ({case.suite})"
        lines += [_command("error", case.place, title, problem) for problem in case.problems]
        lines += [_command("warning", case.place, title, warning) for warning in case.warnings]
    return "".join(f"{line}\n" for line in lines)


def _command(level: str, place: Place | None, title: str, message: str) -> str:
    properties = {"title": title}
    if place:
        properties["file"] = str(place.file)
        if place.line:
            properties["line"] = str(place.line)
        if place.column:
            properties["col"] = str(place.column)
    listed = ",".join(f"{key}={_escape(value, ',:')}" for key, value in properties.items())
    return f"::{level} {listed}::{_escape(message, '')}"


def _escape(text: str, also: str) -> str:
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
