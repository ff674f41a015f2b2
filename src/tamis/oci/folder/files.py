"""Files of a layout folder: read with a bound, written whole or not at all, told in errors."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tamis.errors import BadInput, Place, Rejected
from tamis.files import opened_whole

__all__ = ["ADVICE", "broken", "read", "unwritable", "writing"]

ADVICE = "Name a folder that tamis ship, tamis copy or skopeo wrote, or a new one."


def read(path: Path, limit: int) -> bytes:
    """A whole file, at most `limit` bytes. Raises BadInput, Rejected."""
    try:
        with path.open("rb") as file:
            # A descriptor may announce an exabyte, which read() would try to make room for.
            content = file.read(min(limit, os.fstat(file.fileno()).st_size) + 1)
    except OSError as error:
        raise BadInput(
            f"cannot read {path}: {error.strerror}", advice="Check its permissions."
        ) from error
    if len(content) > limit:
        raise Rejected(
            f"{path} is larger than the {limit} bytes it may have",
            advice="The folder is damaged: copy the artifact into it again.",
        )
    return content


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """`files.opened_whole`. Raises BadInput where it cannot be written."""
    try:
        with opened_whole(path) as file:
            yield file
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> BadInput:
    """The error for it."""
    return BadInput(
        f"cannot write {path}: {error.strerror}",
        advice="Name a folder that you may write to, on a disk with room.",
    )


def broken(folder: Path, file: str, what: str) -> BadInput:
    """The error for a `file` of the layout that is not as it should be."""
    place = Place(folder / file)
    return BadInput(f"this image layout is damaged: {file} {what}", advice=ADVICE, at=place)
