"""JSON and base64 of somebody else: bounded, without the liberties that readers differ in.

A key that is there twice is read one way by one and another way by the next, so it is refused.
"""

import base64
import binascii
import json
import re
from pathlib import Path
from typing import Any

from tamis.errors import BadInput

__all__ = ["Object", "bytes_of", "object_in", "object_of", "text_of"]

Object = dict[str, Any]

_HALF = re.compile(rb"\\u[dD][89a-fA-F]")


def object_of(content: bytes, what: str, *, advice: str, limit: int) -> Object:
    """The JSON object in `content`, `limit` bytes at most. Raises BadInput, which names `what`."""
    if len(content) > limit:
        raise BadInput(f"{what} has {len(content)} bytes, {limit} at most are read", advice=advice)
    try:
        document = json.loads(content, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{what} is not JSON: {str(error)[:200]}", advice=advice) from error
    if not isinstance(document, dict):
        raise BadInput(f"{what} is not a JSON object", advice=advice)
    if _HALF.search(content):
        _whole(document, what, advice)
    return document


def object_in(path: Path, *, advice: str, limit: int) -> Object:
    """The JSON object in a file. Raises what `object_of` raises."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}", advice=advice) from error
    return object_of(content, str(path), advice=advice, limit=limit)


def bytes_of(text: object, what: str, *, advice: str) -> bytes:
    """What standard base64 stands for. Raises BadInput for anything else."""
    if not isinstance(text, str):
        raise BadInput(f"{what} is no text", advice=advice)
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput(f"{what} is not base64: {error}", advice=advice) from error


def text_of(content: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(content).decode()


def _whole(document: Object, what: str, advice: str) -> None:
    """Raises BadInput for half a character, which JSON can hold and no other text."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise BadInput(f"{what} has half a character in a text", advice=advice) from error


def _once(pairs: list[tuple[str, Any]]) -> Object:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"'{twice[:40]}' is there twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number of JSON")
