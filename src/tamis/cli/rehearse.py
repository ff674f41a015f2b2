"""`tamis rehearse`."""

from pathlib import Path
from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Config, Envoy, Fixtures, Only

__all__ = ["rehearse"]


def rehearse(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="What runs now: a folder, .wasm or reference.")
    ],
    new: Annotated[
        str | None,
        typer.Argument(metavar="[NEW]", help="What is to come (default: OLD, newly configured)."),
    ] = None,
    config: Config = None,
    new_config: Annotated[
        Path | None,
        typer.Option("--new-config", metavar="FILE", help="Plugin configuration of NEW alone."),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Restart Envoy (hot restart) instead of the filter.")
    ] = False,
    rate: Annotated[
        float,
        typer.Option("--rate", metavar="NUMBER", min=10, max=20_000, help="Requests a second."),
    ] = 500,
    swaps: Annotated[
        int | None,
        typer.Option("--swaps", metavar="N", min=1, max=1000, help="How often (10; restarts: 2)."),
    ] = None,
    hold: Annotated[
        float,
        typer.Option(
            "--hold", metavar="SECONDS", min=0.05, max=600, help="For so long a version stays."
        ),
    ] = 0.3,
    workers: Annotated[
        int, typer.Option("--workers", metavar="N", min=1, max=64, help="Of Envoy.")
    ] = 2,
    path: Annotated[
        str | None,
        typer.Option("--path", metavar="/PATH", help="Send a GET of it instead of the fixtures."),
    ] = None,
    fixtures: Fixtures = None,
    only: Only = None,
    envoy: Envoy = None,
    reports: Annotated[
        list[str] | None,
        typer.Option(
            "--report",
            metavar="KIND=FILE",
            help="html=FILE, svg=FILE, markdown=FILE, junit=FILE or github.",
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Upgrade a filter in a real Envoy under load, again and again, and count what is lost.

    OLD and NEW change places while requests come in at a steady rate. A request that fails, or is
    answered by the version that was out of place, fails the rehearsal.
    """
    with Frame("rehearse", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.cli.arguments import content, one_subject
        from tamis.errors import BadInput
        from tamis.rehearsals.rehearse import Setting
        from tamis.report import rehearsals
        from tamis.report import rehearse as report
        from tamis.verbs.envoys import envoy_of

        if new is None and new_config is None and not restart:
            raise BadInput(
                "there is no NEW to upgrade to",
                advice="Name it, or its configuration: --new-config FILE.",
            )
        sinks = [rehearsals.parse(text) for text in reports or ()]
        before = one_subject(old)
        done = tamis.rehearse(
            before,
            one_subject(new) if new is not None else before,
            binary=envoy_of(envoy or "", frame.progress),
            config=content(config) if config else None,
            new_config=content(new_config) if new_config else None,
            folder=fixtures,
            only=only or (),
            path=path,
            setting=Setting(
                rate=rate,
                swaps=swaps or (2 if restart else 10),
                workers=workers,
                hold=hold,
                way="restart" if restart else "filter",
            ),
            say=frame.progress,
        )
        frame.show(report.rehearse_lines(done), always=not done.ok)
        for sink in sinks:
            rehearsals.write(sink, done)
        frame.data(**report.rehearse_object(done))
        if not done.ok:
            frame.reject(report.rehearse_problems(done))
