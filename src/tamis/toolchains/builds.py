"""Finished modules by what they were made of: the same question is answered once.

An entry is the metadata's length, the metadata, the module.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path

from tamis import caches
from tamis.model.build import Fingerprint
from tamis.model.filter import Filter

__all__ = ["key", "read", "write"]

_KIND = "builds"
_LENGTH = 4


def key(filter_: Filter, fingerprint: Fingerprint, sources: str, metadata: str) -> str:
    """The name of a build: `sources` is their digest, `metadata` what will be embedded."""
    parts: Mapping[str, object] = {
        "code": _code(),
        "language": filter_.language,
        "settings": filter_.settings,
        "build": asdict(filter_.build),
        "fingerprint": asdict(fingerprint),
        "named": [_named(filter_, index) for index in range(len(filter_.sources))],
        "sources": sources,
        "metadata": metadata,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read(name: str) -> tuple[str, bytes] | None:
    """(metadata, module) as `write` stored them; None when there is nothing usable."""
    content = caches.read(_KIND, name)
    if not content:
        return None
    start = _LENGTH + int.from_bytes(content[:_LENGTH], "little")
    return content[_LENGTH:start].decode(), content[start:]


def write(name: str, metadata: str, module: bytes) -> None:
    """Store it for the next time."""
    text = metadata.encode()
    caches.write(_KIND, name, len(text).to_bytes(_LENGTH, "little") + text + module)


@cache
def _code() -> str:
    """Of the toolchains' own sources: another command may make other bytes."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _named(filter_: Filter, index: int) -> str:
    path = filter_.sources[index]
    return str(path.relative_to(filter_.folder)) if path.is_relative_to(filter_.folder) else ""
