"""`tamis replay`."""

from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Config, Filters, Fixtures, Limits, Only

__all__ = ["replay"]


def replay(
    filters: Filters = None,
    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="HOST[@VERSION]", help="wasmtime or native, either also @1.38."
        ),
    ] = "wasmtime",
    fixtures: Fixtures = None,
    config: Config = None,
    only: Only = None,
    repeat: Annotated[
        int, typer.Option("--repeat", min=1, help="How often each fixture is run.")
    ] = 1000,
    threads: Annotated[int, typer.Option("--threads", min=1, help="One VM a thread.")] = 1,
    fuel: Annotated[bool, typer.Option("--fuel", help="Count fuel, which takes time.")] = False,
    limits: Limits = None,
    dask: Annotated[
        str | None,
        typer.Option("--dask", metavar="ADDRESS", help="On this Dask scheduler's workers instead."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Run fixtures many times over in the host core: for figures, and to see that nothing drifts.

    No outcome is compared: tamis test does that. But a start that is refused, a trap and a callout
    without answer fail, unless the fixture expects them. The hash of all outcomes, the crossings
    and the fuel are the same on any number of threads.
    """
    with Frame("replay", json=json, quiet=quiet, verbose=verbose) as frame:
        from contextlib import nullcontext

        from tamis.cli.arguments import content, key_values
        from tamis.report import replay as report
        from tamis.verbs.dask import workers

        bounds = key_values("--limit", limits or (), example="memory=64MiB")
        with workers(dask) if dask else nullcontext() as executor:
            replays = [
                tamis.replay(
                    subject,
                    host=host,
                    folder=fixtures,
                    config=content(config) if config else None,
                    only=only or (),
                    repeat=repeat,
                    threads=threads,
                    fuel=fuel,
                    limits=bounds,
                    executor=executor,
                    say=frame.progress,
                )
                for argument in dict.fromkeys(filters or ["."])
                for subject in tamis.subject(argument)
            ]
        for one in replays:
            frame.show(report.replayed(one), always=not one.ok)
        frame.data(replays=[report.replayed_object(one) for one in replays])
        if not all(one.ok for one in replays):
            frame.reject(report.replay_problems(replays))
