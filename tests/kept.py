"""What takes long to make and lies outside of the checkout: it is the same for all."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

__all__ = ["CACHE", "kept"]

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tamis-tests"


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """The file or folder `name` in the cache. Where it is not there, `make` makes it at a path that
    it is moved from; of two test runs, one does.
    """
    target = CACHE / name
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            unfinished = CACHE / f"{name}.new"
            make(unfinished)
            unfinished.rename(target)
    return target
