"""Requests at a steady rate, in a thread of their own, until told to stop."""

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from tamis import _core
from tamis.rehearsals.records import Record, records

__all__ = ["MOST", "Traffic", "client"]

#: As many requests a load keeps record of; then it ends.
MOST = 1 << 20
#: Each connection is used again within this many seconds, if there are not too few or too many.
_TURN = 0.12
_FEWEST, _MOST_CONNECTIONS = 4, 64
#: Seconds without any progress after which a request has failed.
_PATIENCE = 5.0


def client(port: int, requests: Sequence[bytes], rate: float) -> _core.Load:
    """With as many connections as clients of that rate have; a context manager."""
    many = max(_FEWEST, min(_MOST_CONNECTIONS, int(rate * _TURN)))
    return _core.Load(port, list(requests), many, _PATIENCE)


class Traffic:
    """`requests` in turn, `rate` a second, while the context is open; `records` once it is over."""

    def __init__(self, port: int, requests: Sequence[bytes], rate: float) -> None:
        self.records: list[Record] = []
        self._rate = rate
        self._load = client(port, requests, rate)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="load")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._load.stop()
        self._thread.join()
        self._load.close()
        if self._error and error is None:
            raise self._error

    def check(self) -> None:
        """Raises what ended the load, if anything did."""
        if self._error:
            raise self._error

    def _run(self) -> None:
        try:
            self.records = list(records(self._load.steady(self._rate, MOST).records))
        except BaseException as error:  # noqa: BLE001  (told by the thread that waits for it)
            self._error = error
