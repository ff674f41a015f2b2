"""A module with sections taken out, added or rewritten; everything else keeps its bytes."""

from collections.abc import Callable, Iterator

from tamis.wasm.cursor import Cursor, malformed
from tamis.wasm.data import without_zeros
from tamis.wasm.leb128 import unsigned

__all__ = ["keep_exports", "pack_data", "strip", "with_section", "without_sections"]

_HEADER = b"\0asm\1\0\0\0"
_CUSTOM, _MEMORY, _EXPORT, _DATA, _DATA_COUNT = 0, 5, 7, 11, 12
#: For people and debuggers; no host reads them. `producers` and `.dep-v0` stay: they say what the
#: module is made of.
_DEBUG = ("name", "sourceMappingURL", "external_debug_info", "target_features")


def strip(wasm: bytes) -> bytes:
    """Without names and debug information. Raises BadInput when `wasm` is not a whole module."""
    return without_sections(wasm, lambda name: name in _DEBUG or name.startswith(".debug_"))


def without_sections(wasm: bytes, unwanted: Callable[[str], bool]) -> bytes:
    """Without the custom sections of these names. Raises BadInput."""
    return _join(
        section
        for kind, payload, section in _sections(wasm)
        if kind != _CUSTOM or not unwanted(_name(payload))
    )


def with_section(wasm: bytes, name: str, content: bytes) -> bytes:
    """With a custom section of that name as its last, in place of any that it had.

    Raises BadInput when `wasm` is not a whole module.
    """
    encoded = name.encode()
    payload = unsigned(len(encoded)) + encoded + content
    return without_sections(wasm, lambda other: other == name) + _section(_CUSTOM, payload)


def pack_data(wasm: bytes) -> bytes:
    """Without the zeros of the data section: a memory of its own is zero before it is written.

    As it is when its memory is the host's, or its code knows how many segments there are. Raises
    BadInput.
    """
    kinds = {kind for kind, _, _ in _sections(wasm)}
    if _MEMORY not in kinds or _DATA_COUNT in kinds:
        return wasm
    return _join(
        _section(_DATA, without_zeros(payload)) if kind == _DATA else section
        for kind, payload, section in _sections(wasm)
    )


def keep_exports(wasm: bytes, wanted: Callable[[str], bool]) -> bytes:
    """Exporting only the names that are wanted. Raises BadInput."""
    return _join(
        _section(_EXPORT, _exports(payload, wanted)) if kind == _EXPORT else section
        for kind, payload, section in _sections(wasm)
    )


def _exports(payload: bytes, wanted: Callable[[str], bool]) -> bytes:
    at = Cursor(payload)
    kept = []
    for _ in range(at.count()):
        start = at.offset
        name = at.name()
        at.byte()
        at.unsigned()
        if wanted(name):
            kept.append(payload[start : at.offset])
    return unsigned(len(kept)) + b"".join(kept)


def _sections(wasm: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Each section: its id, its payload, and the bytes of it all."""
    if wasm[: len(_HEADER)] != _HEADER:
        raise malformed(0, "it does not begin as one")
    at = Cursor(wasm, len(_HEADER))
    while at.left:
        start = at.offset
        kind = at.byte()
        payload = at.take(at.unsigned())
        yield kind, payload, wasm[start : at.offset]


def _name(payload: bytes) -> str:
    return Cursor(payload).name()


def _section(kind: int, payload: bytes) -> bytes:
    return bytes((kind,)) + unsigned(len(payload)) + payload


def _join(sections: Iterator[bytes]) -> bytes:
    return _HEADER + b"".join(sections)
