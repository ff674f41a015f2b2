"""What `cache` tells: at a terminal, and as JSON objects (schemas/output.json)."""

from collections.abc import Sequence

from tamis.caches import Usage, root
from tamis.report.objects import Object
from tamis.report.terminal import Lines, bytes_of, line, plural, together

__all__ = ["cached", "usage_object"]


def cached(values: Sequence[Usage], freed: int) -> Lines:
    """A line for each cache, and what was freed."""
    parts = [
        line(
            (f"{value.kind:10}", "bold"),
            f"{bytes_of(value.size):>10}  {plural(value.files, 'file'):14}",
            (value.what, "dim"),
        )
        for value in values
    ]
    total = sum(value.size for value in values)
    parts.append(line(f"{'':10}{bytes_of(total):>10}  ", (str(root()), "dim")))
    if freed:
        parts.append(line(("freed ", "green"), bytes_of(freed)))
    return together(*parts)


def usage_object(value: Usage) -> Object:
    """One cache; `used`: seconds since the epoch, or null."""
    return {
        "kind": value.kind,
        "what": value.what,
        "path": str(value.path),
        "files": value.files,
        "size": value.size,
        "used": value.used,
    }
