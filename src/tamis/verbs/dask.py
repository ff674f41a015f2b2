"""Where work is done on many machines: Dask's workers, as an executor of the standard library."""

import importlib
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from tamis import extras
from tamis.errors import Missing

__all__ = ["workers"]


@contextmanager
def workers(address: str) -> Iterator[Executor]:
    """The workers of the scheduler at `address` (tcp://host:8786), which have this tamis as well.

    Raises Missing when Dask is not installed, or nobody answers.
    """
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        raise Missing("Dask is not installed", advice=f"Run {extras.command('dask')}.") from None
    try:
        client = distributed.Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise Missing(
            f"no Dask scheduler at {address}: {error}", advice="Name it: tcp://HOST:8786."
        ) from error
    with client, client.get_executor() as executor:
        yield executor
