"""What a file holds that the user names."""

from pathlib import Path

from tamis.errors import BadInput

__all__ = ["content"]


def content(file: Path) -> bytes:
    """What `--config FILE` holds. Raises BadInput."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInput(
            f"cannot read the configuration {file}: {error.strerror}",
            advice="Name a file that exists: --config FILE.",
        ) from error
