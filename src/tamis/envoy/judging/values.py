"""Property values, as a guest reads them, turned back into what Envoy's configuration says.

The wire types lose what a value was (see abi/properties.py). Whatever is found here reads the same
bytes in the guest; among those, the form is chosen that a filter's author most likely meant.
"""

import math
import struct

from tamis.abi.serialized import entries
from tamis.envoy.plugins import Json

__all__ = ["Unsayable", "merge", "number", "structure", "text"]

_NUMBER = struct.Struct("<d")


class Unsayable(Exception):
    """Envoy's configuration has no form for a value; the text says why."""


def text(raw: bytes) -> str:
    """A string field. Raises Unsayable."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Unsayable("Envoy's configuration holds UTF-8 only") from None


def number(raw: bytes) -> int:
    """An integer. Raises Unsayable."""
    if len(raw) != 8:
        raise Unsayable("Envoy has a number there")
    return int.from_bytes(raw, "little", signed=True)


def structure(raw: bytes) -> object:
    """A google.protobuf.Value: text, number, boolean, list or map. Raises Unsayable."""
    pairs = entries(raw)
    if pairs is not None:
        # A list and a map of empty texts read alike.
        if pairs and not any(value for _, value in pairs):
            return [structure(item) for item, _ in pairs]
        return {text(key): structure(value) for key, value in pairs}
    if raw in (b"\0", b"\1"):
        return raw == b"\1"
    try:
        said = text(raw)
    except Unsayable:
        said = None
    found: float = _NUMBER.unpack(raw)[0] if len(raw) == _NUMBER.size else math.nan
    if math.isfinite(found) and not (said and said.isprintable()):
        return found
    if said is None:
        raise Unsayable("Envoy's metadata holds text, numbers, booleans, lists and maps")
    return said


def merge(into: Json, more: Json) -> Json:
    """Both, `more` over what `into` says of the same; maps are merged."""
    merged = dict(into)
    for key, value in more.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = merge(old, value) if both else value  # type: ignore[arg-type]
    return merged
