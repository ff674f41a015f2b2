"""Writing files so that nobody ever sees half of one."""

import os
import tempfile
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write `content` to `path` whole or not at all, making its folder. Raises OSError.

    It is written beside its place and moved there, so that parallel writers and readers of the
    same path never meet half a file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".tamis-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        temporary.chmod(mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
