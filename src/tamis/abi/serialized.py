"""The ABI's serialization of key/value pairs, as maps and lists travel: read to the last byte."""

import struct

__all__ = ["entries"]

_COUNT, _SIZES = struct.Struct("<I"), struct.Struct("<II")


def entries(raw: bytes) -> list[tuple[bytes, bytes]] | None:
    """The pairs in order, or None for what is no such serialization."""
    if len(raw) < _COUNT.size:
        return None
    (count,) = _COUNT.unpack_from(raw)
    at = _COUNT.size + count * _SIZES.size
    if at > len(raw):
        return None
    found = []
    for place in range(_COUNT.size, at, _SIZES.size):
        key, value = _SIZES.unpack_from(raw, place)
        end = at + key + 1 + value + 1
        if end > len(raw) or raw[at + key] or raw[end - 1]:
            return None
        found.append((raw[at : at + key], raw[at + key + 1 : end - 1]))
        at = end
    return found if at == len(raw) else None
