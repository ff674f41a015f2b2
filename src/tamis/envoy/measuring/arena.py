"""An Envoy that is measured: one listener a variant, and what its threads and its memory take."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tamis.envoy.binary import Binary
from tamis.envoy.folder import Folder, run_folder
from tamis.envoy.measuring.lanes import Lane, measured_bootstrap, origin_bootstrap
from tamis.envoy.process import Crashed, Process
from tamis.errors import Fault
from tamis.model.exchange import Answer, CalloutRule

__all__ = ["Arena", "Origin"]

#: Lines of a filter below this level are dropped, as Istio has it.
_LOGS = "wasm:warning"
_WORKER = "wrk:worker_"
#: A worker that still has something to do behind an answer does it within this many seconds.
_SETTLED = 0.0003
_PATIENCE = 2.0
#: Seconds from a broken connection until Envoy, if it broke itself, has ended: it writes its stack.
_ENDING = 1.0


class _Served:
    """An Envoy with listeners on ports of their own; a context manager."""

    def __init__(self, binary: Binary, bootstrap: Callable[[Folder], str], workers: int) -> None:
        self.folder = run_folder()
        self._process = Process(
            binary, self.folder, lambda _: bootstrap(self.folder), logs=_LOGS, workers=workers
        )
        self._begin = time.monotonic()
        #: Seconds until it served.
        self.started = 0.0
        #: Name of a listener -> its port.
        self.ports: Mapping[str, int] = {}

    def __enter__(self) -> Self:
        self._process.__enter__()
        self.started = time.monotonic() - self._begin
        try:
            status = json.loads(self._process.admin("/listeners?format=json"))
        except BaseException:
            self._process.close()
            raise
        self.ports = {
            each["name"]: each["local_address"]["socket_address"]["port_value"]
            for each in status["listener_statuses"]
        }
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.close()


class Origin(_Served):
    """Answers callouts: `services` has the rules of each cluster, in order."""

    def __init__(self, binary: Binary, services: Mapping[str, Sequence[CalloutRule]]) -> None:
        super().__init__(binary, lambda folder: origin_bootstrap(folder, services), 1)


class Arena(_Served):
    """Envoy with lanes whose requests get `answers`, by their number; figures come from /proc.

    `lanes` makes them, and writes what they load into the folder that it is given. `services`: name
    of a cluster -> a port of the origin. `bodies`: some request has one. `shim`: for native twins.
    """

    def __init__(
        self,
        binary: Binary,
        lanes: Callable[[Path], Sequence[Lane]],
        answers: Sequence[Answer],
        *,
        services: Mapping[str, int] | None = None,
        bodies: bool = False,
        shim: bytes = b"",
        workers: int = 1,
    ) -> None:
        def bootstrap(folder: Folder) -> str:
            if shim:
                folder.shim.write_bytes(shim)
            return measured_bootstrap(
                folder,
                lanes(folder.root),
                answers,
                services or {},
                bodies=bodies,
                shim=folder.shim if shim else None,
            )

        super().__init__(binary, bootstrap, workers)
        self._tasks: tuple[Path, ...] = ()

    def worker(self) -> int:
        """Nanoseconds of CPU that all workers took, once they have nothing left to do.

        Raises Fault when they never rest, or Envoy has ended.
        """
        self.check()
        self._tasks = self._tasks or self._workers()
        end = time.monotonic() + _PATIENCE
        before = self._taken()
        while time.monotonic() < end:
            time.sleep(_SETTLED)
            now = self._taken()
            if now == before:
                return now
            before = now
        raise Fault(
            "Envoy's worker never rests", advice="Measure on a machine that has less to do."
        )

    def check(self, lane: str = "", *, broken: bool = False) -> None:
        """Raises Fault where Envoy has ended by itself; `lane`: what it was asked last.

        `broken`: a request was not answered, so that an end is waited for.
        """
        end = time.monotonic() + (_ENDING if broken else 0)
        while True:
            try:
                self._process.check()
            except Crashed as error:
                when = f" when {lane} was asked" if lane else ""
                raise self._process.failed(f"{error}{when}") from None
            if time.monotonic() >= end:
                return
            time.sleep(_SETTLED)

    def unanswered(self, lane: str, missing: int, of: int) -> Fault:
        """The error for requests without an answer. Raises it where Envoy has ended."""
        self.check(lane, broken=True)
        return Fault(
            f"{lane}: {missing} of {of} requests were not answered",
            advice="Run tamis test --host envoy: what the filter does there shows why.",
        )

    def resident(self) -> int:
        """Bytes of memory that Envoy holds."""
        return self._process.resident()

    def _taken(self) -> int:
        return sum(int((task / "schedstat").read_text().split()[0]) for task in self._tasks)

    def _workers(self) -> tuple[Path, ...]:
        folder = Path(f"/proc/{self._process.pid}/task")
        return tuple(
            task
            for task in folder.iterdir()
            if (task / "comm").read_text(encoding="ascii").startswith(_WORKER)
        )
