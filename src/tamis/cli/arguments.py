"""What positional arguments mean, where a verb takes exactly one subject or a destination."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tamis
from tamis.errors import BadInput
from tamis.verbs.contents import content

if TYPE_CHECKING:
    from tamis.verbs.subject import Subject

__all__ = ["content", "duration", "key_values", "one_subject", "size", "text"]

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_BYTES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_AMOUNT = re.compile(r"(?P<number>[0-9]{1,12}(?:\.[0-9]{1,6})?)(?P<unit>[A-Za-z]+)\Z")


def one_subject(argument: str) -> "Subject":
    """The one module that an argument names. Raises BadInput when it names several."""
    found = tamis.subject(argument)
    if len(found) != 1:
        names = ", ".join(one.metadata.name for one in found)
        raise BadInput(
            f"{argument} holds {len(found)} filters: {names}", advice="Name one of their folders."
        )
    return found[0]


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


def duration(option: str, text: str) -> float:
    """Seconds of `30s`. Raises BadInput."""
    return _amount(option, text, _SECONDS, "Write 500ms, 30s, 5m or 1h.")


def size(option: str, text: str) -> int:
    """Bytes of `64KiB`. Raises BadInput."""
    return int(_amount(option, text, _BYTES, "Write 512B, 64KiB or 5MiB."))


def _amount(option: str, text: str, units: Mapping[str, float], advice: str) -> float:
    found = _AMOUNT.match(text)
    if not found or found["unit"] not in units:
        raise BadInput(f"{option} {text}: no amount with its unit", advice=advice)
    return float(found["number"]) * units[found["unit"]]
