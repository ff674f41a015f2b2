"""Writing files so that nobody ever sees half of one."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["opened_whole", "write_whole"]


def write_whole(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write `content` to `path` whole or not at all, as `opened_whole` does. Raises OSError."""
    with opened_whole(path, mode) as file:
        file.write(content)


@contextmanager
def opened_whole(path: Path, mode: int = 0o644) -> Iterator[IO[bytes]]:
    """A file that becomes `path` when the block ends well, and vanishes when it does not.

    It is written beside its place and moved there, so that parallel writers and readers of the
    same path never meet half a file; `path`'s folder is made. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".tamis-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        temporary.chmod(mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
