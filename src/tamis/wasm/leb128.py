"""Integers as WebAssembly writes them (LEB128), as short as they can be."""

__all__ = ["signed", "unsigned"]


def unsigned(number: int) -> bytes:
    """`number`, which is not negative."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def signed(number: int) -> bytes:
    """`number` of either sign."""
    encoded = bytearray()
    while not -0x40 <= number < 0x40:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number & 0x7F)
    return bytes(encoded)
