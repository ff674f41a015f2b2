"""A row of Envoys, each of which takes over from the one before: Envoy's hot restart."""

from types import TracebackType
from typing import Self

from tamis.envoy import supervisor
from tamis.envoy.folder import run_folder

__all__ = ["Lineage"]

#: For so long the old one asks its clients to leave, then it ends.
_DRAIN_SECONDS = 1
_END_SECONDS = 2


class Lineage:
    """A context manager: when it is left, or its owner dies, nothing of it remains, neither in
    shared memory. What all of its Envoys share lies in `folder`.
    """

    def __init__(self) -> None:
        self.folder = run_folder()
        self._epoch = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        supervisor.forget(str(self.folder.root))
        self.folder.release()

    @property
    def begun(self) -> bool:
        """Whether there is an Envoy to take over from."""
        return self._epoch > 0

    def options(self) -> tuple[str, ...]:
        """Of the next Envoy's command line. The one before must serve."""
        base = (
            ("--base-id", self.folder.base.read_text(encoding="ascii"))
            if self.begun
            else ("--use-dynamic-base-id", "--base-id-path", str(self.folder.base))
        )
        self._epoch += 1
        return (
            *base,
            *("--restart-epoch", str(self._epoch - 1)),
            *("--drain-time-s", str(_DRAIN_SECONDS)),
            *("--drain-strategy", "immediate"),
            *("--parent-shutdown-time-s", str(_END_SECONDS)),
        )
