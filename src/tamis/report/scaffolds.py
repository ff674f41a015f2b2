"""What `new` and `init` tell: at a terminal, and as JSON objects (schemas/output.json)."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from tamis.model.choices import Language
from tamis.model.scaffold import Adopted, Created, Offered
from tamis.report.objects import Object
from tamis.report.terminal import Lines, line, together

__all__ = [
    "adopted",
    "adopted_object",
    "created",
    "created_object",
    "offered",
    "offered_object",
]


def offered(values: Sequence[Offered], languages: Mapping[Language, str]) -> Lines:
    """Kinds, then languages; a kind that some language lacks says which it is there in."""
    every = [name for name in languages if any(name in one.languages for one in values)]
    parts = [line(("kinds", "bold"))]
    for one in values:
        lacking = len(one.languages) < len(every)
        only = f" (only {', '.join(one.languages)})" if lacking else ""
        parts.append(line(f"  {one.kind:15} ", (f"{one.what}{only}", "dim")))
    parts.append(line(("languages", "bold")))
    parts += [line(f"  {name:15} ", (languages[name], "dim")) for name in every]
    return together(*parts)


def offered_object(value: Offered) -> Object:
    """A kind that `new` writes."""
    return {"kind": value.kind, "what": value.what, "languages": list(value.languages)}


def created(value: Created, folder: Path) -> Lines:
    """What it is, and what to do next."""
    what = f": {value.kind} in {value.language}, {len(value.files)} files"
    return together(
        line(("created ", "green"), (value.name, "bold"), what),
        line(("  next: ", "dim"), (_next(folder), "bold")),
    )


def created_object(value: Created) -> Object:
    """A filter that `new` wrote."""
    return {
        "name": value.name,
        "path": str(value.folder),
        "language": value.language,
        "kind": value.kind,
        "files": list(value.files),
    }


def adopted(value: Adopted, folder: Path) -> Lines:
    """What was written, what to look at, and what to do next."""
    told = f": {value.language}, by its {value.evidence}"
    parts = [line(("adopted ", "green"), (value.name, "bold"), told)]
    parts += [line(("  wrote ", "dim"), str(folder / name)) for name in value.files]
    parts += [line(("  note  ", "yellow"), note) for note in value.notes]
    return together(*parts, line(("  next: ", "dim"), (_next(folder), "bold")))


def adopted_object(value: Adopted) -> Object:
    """A project that `init` made a filter of."""
    return {
        "name": value.name,
        "path": str(value.folder),
        "language": value.language,
        "evidence": value.evidence,
        "files": list(value.files),
        "notes": list(value.notes),
    }


def _next(folder: Path) -> str:
    here = folder.resolve() == Path.cwd()
    return "tamis test" if here else f"cd {shlex.quote(str(folder))} && tamis test"
