"""Folders of Envoys whose owner was killed before anybody could remove them.

The supervisor removes the folder when its owner ends; but an owner can be killed before there is a
supervisor, and a machine can lose its power. So each owner holds a lock in its folder, which no end
outlives, and whoever comes next removes the folders that nobody holds.
"""

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import IO

__all__ = ["PREFIX", "claim", "disown", "sweep"]

#: How the folders are called.
PREFIX = "tamis-"
_LOCK = "owner.lock"


def claim(folder: Path) -> IO[bytes]:
    """Hold `folder` as long as the file that is returned is open. Raises OSError."""
    # It is locked before it has its name: whoever finds it finds it held.
    new = folder / f"{_LOCK}.new"
    held = new.open("wb")
    fcntl.flock(held, fcntl.LOCK_EX)
    new.rename(folder / _LOCK)
    return held


def disown(folder: Path) -> None:
    """`folder` stays, whoever held it: somebody is to look into it."""
    (folder / _LOCK).unlink(missing_ok=True)


def sweep(parent: Path) -> None:
    """Remove the folders in `parent` that were claimed, and that nobody holds any more."""
    for lock in parent.glob(f"{PREFIX}*/{_LOCK}"):
        with suppress(OSError):  # somebody else's, or held, or just gone
            _remove(lock)


def _remove(lock: Path) -> None:
    with lock.open("r+b") as found:
        fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(found.fileno()).st_nlink:  # else its owner let it go, to be looked into
            shutil.rmtree(lock.parent, ignore_errors=True)
