"""Compiled modules on disk: compiling takes milliseconds to seconds, reading microseconds."""

import hashlib
import platform
from pathlib import Path

from tamis import caches

__all__ = ["folder", "key", "read", "write"]

#: Change it when the same key would mean other bytes.
_FORMAT = "1"
_KIND = "modules"


def folder() -> Path:
    """Where compiled modules lie; it may not exist yet."""
    return caches.folder(_KIND)


def key(wasm: bytes, version: str, configuration: str) -> str:
    """The name for `wasm` compiled by wasmtime `version` with an engine so configured."""
    parts = (_FORMAT, version, configuration, platform.system(), platform.machine())
    return hashlib.sha256("\0".join(parts).encode() + b"\0" + wasm).hexdigest()


def read(name: str) -> bytes:
    """What `write` stored under `name`; empty when there is nothing usable."""
    return caches.read(_KIND, name)


def write(name: str, compiled: bytes) -> None:
    """Store it for the next run."""
    caches.write(_KIND, name, compiled)
