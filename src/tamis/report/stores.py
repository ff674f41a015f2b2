"""What `tag`, `list`, `save`, `load` and `copy` tell at a terminal."""

from collections.abc import Iterable

from tamis.report.terminal import Lines, line, together

__all__ = ["listed", "placed"]


def listed(tags: Iterable[str]) -> Lines:
    """A tag a line."""
    return together(*(line(tag) for tag in tags))


def placed(done: str, references: Iterable[str]) -> Lines:
    """`copied oci://...`, a line each."""
    return together(*(line((f"{done} ", "green"), each) for each in references))
