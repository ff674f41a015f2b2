"""`tamis run`."""

import os
import select
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from json import dumps
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Address, Clusters, Envoy, Filters, Port
from tamis.cli.watching import watching
from tamis.report import run as report

if TYPE_CHECKING:
    from tamis.verbs.run import Running

__all__ = ["run"]

Level = Literal["trace", "debug", "info", "warning", "error"]
#: Seconds between two looks whether Envoy still answers.
_LOOK = 2.0


def run(
    filters: Filters = None,
    upstream: Annotated[
        str,
        typer.Option(
            "--upstream",
            metavar="URL",
            help="Where requests go: http://HOST:PORT, https, h2c, tcp (default: an echo).",
        ),
    ] = "",
    address: Address = "127.0.0.1",
    port: Port = 0,
    admin: Annotated[
        int, typer.Option("--admin", min=0, max=65535, help="The port of Envoy's admin interface.")
    ] = 0,
    configs: Annotated[
        list[str] | None,
        typer.Option(
            "--config",
            metavar="[NAME=]FILE",
            help="Plugin configuration instead of the default; changes apply at once; repeatable.",
        ),
    ] = None,
    clusters: Clusters = None,
    level: Annotated[
        Level, typer.Option("--level", help="Below it, what filters log is dropped.")
    ] = "info",
    envoy: Envoy = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="Threads of Envoy, a VM each.")
    ] = 1,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Serve traffic through the filters in a real Envoy, until Ctrl-C.

    Several filters are a chain, in their order. A change of their sources or configurations is
    built and swapped in while requests go on; what does not build or load is told, and the filter
    before it goes on. Enter prints figures.
    """
    with Frame("run", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.cli.arguments import key_values
        from tamis.verbs.envoys import envoy_of
        from tamis.verbs.subject import inputs

        arguments = tuple(dict.fromkeys(filters or ["."]))
        files = _files(configs or ())
        binary = envoy_of(envoy or "", frame.progress)
        frame.progress(f"building {', '.join(arguments)}")
        named = [path for text in arguments for path in inputs((text,))]
        running = tamis.run(
            arguments,
            upstream=upstream,
            address=(address, port),
            admin=admin,
            configs=files,
            clusters=key_values("--cluster", clusters or (), example="authz=http://HOST:PORT"),
            binary=binary,
            workers=workers,
            level=level,
            quick=True,
        )
        shown = _Shown(running, frame, json=json)
        with ExitStack() as stack:
            watching(
                frame,
                shown.turn,
                lambda: [*named, *files.values()],
                shown.meanwhile,
                "Enter shows figures, Ctrl-C ends",
                begin=lambda: stack.enter_context(running),
            )


class _Shown:
    """What is told of filters that run: each turn, and all the time."""

    def __init__(self, running: "Running", frame: Frame, *, json: bool) -> None:
        self._running = running
        self._frame = frame
        self._json = json
        self._told = False
        self._hangs = False
        self._looked = monotonic()

    def turn(self) -> None:
        """At first where it serves, then what a change has come to."""
        running, frame = self._running, self._frame
        if not self._told:
            self._told = True
            serving = running.serving
            frame.show(report.serving(serving))
            frame.data(serving=report.serving_object(serving))
            return
        swapped = running.refresh()
        for one in swapped:
            frame.show(report.loaded(one), always=not one.ok)
        if not swapped:
            frame.show(report.unchanged())
        frame.data(loaded=[report.loaded_object(one) for one in swapped])
        if not all(one.ok for one in swapped):
            frame.reject(report.run_problems(swapped))

    def meanwhile(self) -> None:
        """What filters log, figures if somebody asks for them, and whether Envoy still answers."""
        for each in self._running.lines():
            self._event(log=report.log_object(each))
            self._frame.show(report.logged(each), always=True)
        if _entered():
            self._frame.show(report.traffic(self._running.traffic()), always=True)
        if monotonic() - self._looked > _LOOK:
            self._looked = monotonic()
            hung, self._hangs = self._hangs, not self._running.answers()
            if self._hangs and not hung:
                self._event(hangs=True)
                self._frame.show(report.hanging(), always=True)

    def _event(self, **told: object) -> None:
        """What happens between turns is a line of its own for programs."""
        if self._json:
            self._frame.write(dumps(told) + "\n")


def _files(texts: Sequence[str]) -> dict[str, Path]:
    """Name of a filter ("": the only one) -> file."""
    found = {}
    for text in texts:
        name, equals, file = text.partition("=")
        found[name if equals else ""] = Path(file if equals else text)
    return found


def _entered() -> bool:
    """Whether somebody pressed Enter at the terminal, for us and not for what else runs there."""
    if sys.stdin is None or not sys.stdin.isatty():
        return False
    if os.tcgetpgrp(sys.stdin.fileno()) != os.getpgrp():
        return False
    readable, _, _ = select.select([sys.stdin], [], [], 0)
    return bool(readable) and bool(sys.stdin.readline())
