"""The libraries of the extra `trust`: loaded when they are needed, named when they are missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from tamis import extras
from tamis.errors import Missing

__all__ = ["label", "needed"]


@contextmanager
def needed() -> Iterator[None]:
    """Imports in this block may be missing: then Missing is raised, with the command to run."""
    try:
        yield
    except ImportError as error:
        raise Missing(
            f"{error.name or 'a library'} is not installed: keys and SBOMs need it",
            advice=f"Run: {extras.command('trust')}",
        ) from error


def label() -> str:
    """Which they are. Raises Missing."""
    with needed():
        import cryptography
        import nacl
    return f"cryptography {cryptography.__version__}, PyNaCl {nacl.__version__}"
