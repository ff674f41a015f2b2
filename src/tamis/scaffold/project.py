"""A project that was there before tamis: what can be told from its own files."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tamis.errors import BadInput, Place
from tamis.model.choices import Language

__all__ = ["VERSION", "Project", "one_line", "plain_name", "read_text", "semantic", "uncommented"]

#: What a project has that does not say.
VERSION = "0.1.0"
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?\Z")
_COMMENT = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|//[^\n]*|/\*.*?\*/""", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Project:
    """What tamis.toml will say. `evidence`: the file that told; `settings`: the language's table.

    `notes` are lines for people: what they have to look at.
    """

    language: Language
    evidence: str
    name: str
    version: str = VERSION
    description: str = ""
    license: str = ""
    root_id: str = ""
    sources: Sequence[str] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_text(file: Path) -> str:
    """A file that is to be understood. Raises BadInput."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{file.name} is not UTF-8", advice="Save it as UTF-8.", at=Place(file)
        ) from (error)
    except OSError as error:
        raise BadInput(
            f"cannot read {file}: {error.strerror}", advice="Name a file that can be read."
        ) from error


def uncommented(source: str) -> str:
    """A source of a language like C without its comments; texts stay."""
    return _COMMENT.sub(lambda match: match[1] or " ", source)


def plain_name(name: str) -> str:
    """`name` with only what tamis.toml allows in one."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name.rpartition("/")[2]).lstrip("._-").rstrip("-")
    return plain[:100] or "my-filter"


def semantic(version: object) -> str:
    """`version` as tamis.toml takes it: without a `+` part; another one is `VERSION`."""
    text = str(version).partition("+")[0]
    return text if _VERSION.match(text) else VERSION


def one_line(text: object) -> str:
    """A description on one line; anything but text is none."""
    return " ".join(text.split()) if isinstance(text, str) else ""
