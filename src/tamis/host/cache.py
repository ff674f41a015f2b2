"""Compiled modules on disk: compiling takes milliseconds to seconds, mapping them microseconds."""

import contextlib
import hashlib
import mmap
import os
import platform
import zlib
from pathlib import Path

from tamis import caches
from tamis.files import write_whole

__all__ = ["find", "folder", "key", "write"]

#: Change it when the same key would mean other bytes.
_FORMAT = "3"
_KIND = "modules"
#: A checksum stands behind the module, where the engine, which maps the file, does not look. It is
#: there for damaged disks alone, and read before each use: it has to be fast.
_CHECKSUM = 4


def folder() -> Path:
    """Where compiled modules lie; it may not exist yet."""
    return caches.folder(_KIND)


def key(wasm: bytes, version: str, configuration: str) -> str:
    """The name for `wasm` compiled by wasmtime `version` with an engine so configured."""
    parts = (_FORMAT, version, configuration, platform.system(), platform.machine())
    digest = hashlib.sha256("\0".join(parts).encode() + b"\0")
    digest.update(wasm)
    return digest.hexdigest()


def find(name: str) -> Path | None:
    """Where `write` stored it under `name`; None when there is nothing usable.

    What lies there is trusted as our own work, so another user's file is not.
    """
    path = folder() / name
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_uid != os.getuid():
                return None
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                if not _intact(content):
                    return None
    except (OSError, ValueError):  # none, not readable, or empty
        return None
    caches.touch(path)
    return path


def _intact(content: mmap.mmap) -> bool:
    with memoryview(content) as whole, whole[:-_CHECKSUM] as module, whole[-_CHECKSUM:] as end:
        return end == _checksum(module)


def _checksum(content: bytes | memoryview) -> bytes:
    return zlib.crc32(content).to_bytes(_CHECKSUM, "big")


def write(name: str, compiled: bytes) -> None:
    """Store it for the next run; a cache that cannot be used is no error."""
    with contextlib.suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(folder() / name, compiled + _checksum(compiled), mode=0o600)
