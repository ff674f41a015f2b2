"""One command of a build: what it needs, and what to tell of how it went."""

import os
import re
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from tamis.errors import Place, Rejected, TamisError, Unreachable
from tamis.model.build import Step

__all__ = ["Job", "done", "failed"]


class Job:
    """A command and what it needs.

    `env` is added to the workshop's own. `network`: it fetches packages, and only such a command
    reaches a network from inside a container. `error` finds the first error in its output, with
    the groups file, line and column; `source` is what the user calls the folder `cwd`, where that
    is a copy.
    """

    __slots__ = ("command", "cwd", "env", "error", "network", "source", "what")

    def __init__(
        self,
        what: str,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        network: bool = False,
        error: re.Pattern[str] | None = None,
        source: Path | None = None,
    ) -> None:
        self.what = what
        self.command = tuple(command)
        self.cwd = cwd
        self.env = dict(env or {})
        self.network = network
        self.error = error
        self.source = source or cwd


def done(job: Job, seconds: float, warnings: str) -> Step:
    """What to note of a command that went well; what a package manager tells is no warning."""
    output = "" if job.network else _short(warnings)
    return Step(job.what, job.command, seconds, folder=job.cwd, output=output)


def failed(job: Job, output: str, code: int) -> TamisError:
    """What to raise for a command that ended with `code` after printing `output`."""
    shown = _short(output)
    if code < 0:
        shown = f"{shown}\nended by signal {-code} ({signal.Signals(-code).name})".strip()
    if job.network:
        return Unreachable(
            f"{job.what} failed\n{shown}",
            advice="Look at the last lines: a registry that does not answer, or a package that is "
            "not in its lock file.",
        )
    first = job.error.search(output) if job.error else None
    if first is None:
        return Rejected(
            f"{job.what} failed\n{shown}", advice="The lines above are the compiler's own."
        )
    file = Path(_short(str(job.source / first["file"])))
    column = first.groupdict().get("column")
    at = Place(file, int(first["line"]), int(column) if column else None)
    return Rejected(
        f"{job.what} failed\n{shown}", advice="Correct the source as the compiler says.", at=at
    )


def _short(output: str) -> str:
    """Paths below the current folder as the user would type them."""
    return output.replace(f"{Path.cwd()}{os.sep}", "").strip()
