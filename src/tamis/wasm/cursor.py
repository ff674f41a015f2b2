"""A bounded reader over the bytes of a module: every fault names its byte offset."""

from tamis.errors import BadInput

__all__ = ["Cursor", "malformed"]


def malformed(offset: int, why: str) -> BadInput:
    """The one error of this room."""
    return BadInput(
        f"not a valid WebAssembly module: {why} at byte {offset} (0x{offset:x})",
        advice="Build it again, or fetch it again: the file is damaged or no module at all.",
    )


class Cursor:
    """A position in `data`, which never leaves [`offset`, `end`)."""

    __slots__ = ("data", "end", "offset")

    def __init__(self, data: bytes, offset: int = 0, end: int | None = None) -> None:
        self.data = data
        self.offset = offset
        self.end = len(data) if end is None else end

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return self.end - self.offset

    def byte(self) -> int:
        """One byte."""
        if self.offset >= self.end:
            raise malformed(self.offset, "unexpected end")
        value = self.data[self.offset]
        self.offset += 1
        return value

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        start = self.skip(size)
        return self.data[start : start + size]

    def skip(self, size: int) -> int:
        """Move past `size` bytes; returns where they begin."""
        start = self.offset
        if size > self.left:
            raise malformed(start, f"{size} bytes announced, {self.left} left")
        self.offset += size
        return start

    def part(self, size: int) -> "Cursor":
        """A cursor over the next `size` bytes, which this one moves past."""
        start = self.skip(size)
        return Cursor(self.data, start, start + size)

    def unsigned(self, bits: int = 32) -> int:
        """LEB128: at most ceil(bits / 7) bytes, and no bit beyond `bits`."""
        start, value = self.offset, 0
        for shift in range(0, bits, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value >> bits:
                    raise malformed(start, f"integer does not fit {bits} bits")
                return value
        raise malformed(start, "integer is too long")

    def signed(self, bits: int = 32) -> int:
        """Signed LEB128 under the same limits."""
        start, value = self.offset, 0
        for shift in range(0, bits, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                value -= (byte & 0x40) << (shift + 1)
                if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
                    raise malformed(start, f"integer does not fit {bits} bits")
                return value
        raise malformed(start, "integer is too long")

    def count(self) -> int:
        """The length of a vector; no more elements than there are bytes left."""
        start = self.offset
        value = self.unsigned()
        if value > self.left:
            raise malformed(start, f"{value} elements announced, {self.left} bytes left")
        return value

    def name(self) -> str:
        """A UTF-8 name."""
        start = self.offset
        try:
            return self.take(self.unsigned()).decode("utf-8")
        except UnicodeDecodeError:
            raise malformed(start, "a name is not UTF-8") from None
