"""What VMs share, seen and prepared by a plugin of our own under the same vm_id (observer.wat).

Shared data lives in the proxy as long as some VM of its vm_id does; no admin interface shows it.
"""

import re
import struct
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from tamis.envoy.log import Record
from tamis.model.exchange import to_bytes, to_text

__all__ = ["NAME", "data_questions", "module", "queue_questions", "read", "setting"]

#: The observer's root id: its lines begin with it.
NAME = "tamis.observer"
_LINE = re.compile(r"(?P<key>[0-9a-f]*) (?P<value>[0-9a-f]*)\Z")


@cache
def module() -> bytes:
    """The plugin's module."""
    from wasmtime import wat2wasm

    text = files("tamis.envoy.judging").joinpath("observer.wat").read_text("utf-8")
    return bytes(wat2wasm(text))


def setting(data: Mapping[str, bytes]) -> bytes:
    """The configuration that puts `data` in its place."""
    return b"".join(
        b"S" + _bytes(to_bytes(key)) + _bytes(value) for key, value in sorted(data.items())
    )


def data_questions(keys: Iterable[str]) -> bytes:
    """The configuration that asks for shared data by key."""
    return b"".join(b"G" + _bytes(to_bytes(key)) for key in keys)


def queue_questions(vm_id: str, names: Iterable[str]) -> bytes:
    """The configuration that empties queues."""
    owner = _bytes(to_bytes(vm_id))
    return b"".join(b"Q" + owner + _bytes(to_bytes(name)) for name in names)


def read(records: Iterable[Record]) -> list[tuple[str, bytes]]:
    """What the observer told, in order: (key or name, value or item); every VM tells."""
    told = []
    for record in records:
        if record.logger == "wasm" and record.text.startswith(f"wasm log {NAME} "):
            found = _LINE.search(record.text)
            if found:
                key = to_text(bytes.fromhex(found["key"]))
                told.append((key, bytes.fromhex(found["value"])))
    return told


def _bytes(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data
