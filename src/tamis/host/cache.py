"""Compiled modules on disk: compiling takes milliseconds to seconds, reading microseconds.

Files lie in `$XDG_CACHE_HOME/tamis/modules` (default `~/.cache`), are replaced atomically, and
carry a checksum: a damaged one is compiled again. A cache that cannot be used is no error.
"""

import contextlib
import hashlib
import os
import platform
from pathlib import Path

from tamis.files import write_whole

__all__ = ["folder", "key", "read", "write"]

#: Change it when the same key would mean other bytes.
_FORMAT = "1"
_CHECKSUM = 32


def folder() -> Path:
    """Where compiled modules lie; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME")
    root = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    return root / "tamis" / "modules"


def key(wasm: bytes, version: str, configuration: str) -> str:
    """The name for `wasm` compiled by wasmtime `version` with an engine so configured."""
    parts = (_FORMAT, version, configuration, platform.system(), platform.machine())
    return hashlib.sha256("\0".join(parts).encode() + b"\0" + wasm).hexdigest()


def read(name: str) -> bytes:
    """What `write` stored under `name`; empty when there is nothing usable."""
    path = folder() / name
    try:
        if path.stat().st_uid != os.getuid():
            return b""  # compiled code is trusted: it must be ours
        content = path.read_bytes()
    except OSError:
        return b""
    checksum, compiled = content[:_CHECKSUM], content[_CHECKSUM:]
    return compiled if hashlib.sha256(compiled).digest() == checksum else b""


def write(name: str, compiled: bytes) -> None:
    """Store it for the next run."""
    with contextlib.suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(folder() / name, hashlib.sha256(compiled).digest() + compiled, mode=0o600)
