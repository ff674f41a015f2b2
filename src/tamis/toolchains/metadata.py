"""The custom section `tamis.metadata`: what the filter says of itself, inside the module.

The registry's copy is the authority; this one tells `inspect` what a loose .wasm file is.
"""

from tamis.errors import BadInput
from tamis.model.artifact import Metadata
from tamis.model.metadata import encode
from tamis.wasm.custom import METADATA

__all__ = ["SECTION", "embed"]

SECTION = METADATA
_HEADER = 8
_ADVICE = "Build the module again: it is damaged."


def embed(wasm: bytes, metadata: Metadata) -> bytes:
    """`wasm` with the section as its last, in place of an older one.

    The same metadata gives the same bytes. Raises BadInput when `wasm` is not a whole module.
    """
    if wasm[:_HEADER] != b"\0asm\1\0\0\0":
        raise BadInput("not a WebAssembly module", advice=_ADVICE)
    name = SECTION.encode()
    content = _leb128(len(name)) + name + encode(metadata).encode()
    return _without(wasm, name) + b"\0" + _leb128(len(content)) + content


def _without(wasm: bytes, name: bytes) -> bytes:
    kept = bytearray(wasm[:_HEADER])
    at = _HEADER
    while at < len(wasm):
        size, start = _read_leb128(wasm, at + 1)
        end = start + size
        if end > len(wasm):
            raise BadInput(f"the section at byte {at} runs past the end", advice=_ADVICE)
        if wasm[at] != 0 or not _is_named(wasm, start, name):
            kept += wasm[at:end]
        at = end
    return bytes(kept)


def _is_named(wasm: bytes, start: int, name: bytes) -> bool:
    size, at = _read_leb128(wasm, start)
    return wasm[at : at + size] == name


def _leb128(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _read_leb128(wasm: bytes, at: int) -> tuple[int, int]:
    number = 0
    for index, byte in enumerate(wasm[at : at + 5]):
        number |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return number, at + index + 1
    raise BadInput(f"the size at byte {at} has no end", advice=_ADVICE)
