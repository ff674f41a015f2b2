"""What positional arguments mean, where a verb takes exactly one subject or a destination."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tamis
from tamis.errors import BadInput

if TYPE_CHECKING:
    from tamis.verbs.subject import Subject

__all__ = ["content", "key_values", "one_subject", "text"]


def one_subject(argument: str) -> "Subject":
    """The one module that an argument names. Raises BadInput when it names several."""
    found = tamis.subject(argument)
    if len(found) != 1:
        names = ", ".join(one.metadata.name for one in found)
        raise BadInput(
            f"{argument} holds {len(found)} filters: {names}", advice="Name one of their folders."
        )
    return found[0]


def content(file: Path) -> bytes:
    """What `--config FILE` holds. Raises BadInput."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInput(
            f"cannot read the configuration {file}: {error.strerror}",
            advice="Name a file that exists: --config FILE.",
        ) from error


def text(file: Path) -> str:
    """What `--config FILE` holds where it must be text. Raises BadInput."""
    try:
        return content(file).decode()
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{file}: byte {error.start} is not UTF-8", advice="Save the configuration as UTF-8."
        ) from error


def key_values(option: str, texts: Sequence[str], *, example: str = "app=web") -> dict[str, str]:
    """`KEY=VALUE` arguments. Raises BadInput."""
    pairs = [text.partition("=") for text in texts]
    for key, equals, value in pairs:
        if not (key and equals and value):
            raise BadInput(
                f"{option} {key}{equals}{value}: no KEY=VALUE", advice=f"Write {example}."
            )
    return {key: value for key, _, value in pairs}
