"""What an expectation that does not hold says, and the parts that most of them have."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tamis.compare.printing import decoded, show
from tamis.model.expectation import BodyExpectation, LogExpectation
from tamis.model.outcome import LogLine

__all__ = ["Miss", "body", "body_text", "logs", "miss"]


@dataclass(frozen=True, slots=True)
class Miss:
    """`path` in the outcome; `key` in the fixture's `expect` block (for the place)."""

    path: str
    key: str
    text: str


def miss(path: str, text: str, key: str | None = None) -> Miss:
    """At `path`, which is also the key unless one is given."""
    return Miss(path, key or path, f"{path}: {text}")


def body(path: str, expect: BodyExpectation | None, found: bytes) -> Iterator[Miss]:
    """A body, whole or in part."""
    if expect is None:
        return
    got = f"got {body_text(found)}"
    if expect.equals is not None and found != expect.equals:
        yield miss(path, f"expected {body_text(expect.equals)}, {got}", f"{path}.equals")
    if expect.contains is not None and expect.contains not in found:
        wanted = f"expected to contain {body_text(expect.contains)}"
        yield miss(path, f"{wanted}, {got}", f"{path}.contains")
    if expect.matches is not None and not re.search(expect.matches, decoded(found)):
        yield miss(path, f"expected to match {show(expect.matches)}, {got}", f"{path}.matches")


def body_text(raw: bytes) -> str:
    """On one line; of a long body the beginning and its size."""
    shown = show(decoded(raw))
    return f"{shown} ({len(raw)} bytes)" if shown.endswith("…") else shown


def logs(expect: Sequence[LogExpectation], lines: Sequence[LogLine]) -> Iterator[Miss]:
    """Each expectation holds for some line."""
    for at, wanted in enumerate(expect):
        if not any(_logged(wanted, line) for line in lines):
            said = "; ".join(f"{line.level} {show(line.message)}" for line in lines[:5])
            more = f" and {len(lines) - 5} more" if len(lines) > 5 else ""
            text = f"logs: expected {_log(wanted)}, got {said or 'no line'}{more}"
            yield Miss("logs", f"logs[{at}]", text)


def _logged(wanted: LogExpectation, line: LogLine) -> bool:
    return (
        wanted.level in (None, line.level)
        and wanted.equals in (None, line.message)
        and (wanted.matches is None or bool(re.search(wanted.matches, line.message)))
    )


def _log(wanted: LogExpectation) -> str:
    level = f"{wanted.level} " if wanted.level else ""
    if wanted.matches is not None:
        return f"{level}matching {show(wanted.matches)}"
    return (
        f"{level}{show(wanted.equals)}"
        if wanted.equals is not None
        else f"a line of {level}".rstrip()
    )
