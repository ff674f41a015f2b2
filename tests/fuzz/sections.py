"""A module apart and together again, so that damage to a section gets past its length."""


def split(data: bytes) -> list[tuple[int, bytes]]:
    """Number and content of each section of a good module."""
    parts, at = [], 8
    while at < len(data):
        number, size, shift = data[at], 0, 0
        while True:
            at += 1
            size |= (data[at] & 0x7F) << shift
            shift += 7
            if data[at] < 0x80:
                break
        parts.append((number, data[at + 1 : at + 1 + size]))
        at += 1 + size
    return parts


def join(parts: list[tuple[int, bytes]]) -> bytes:
    """The module of these sections."""
    return b"\0asm\1\0\0\0" + b"".join(bytes([n]) + _leb(len(body)) + body for n, body in parts)


def _leb(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | 0x80 if value else low)
        if not value:
            return bytes(out)
