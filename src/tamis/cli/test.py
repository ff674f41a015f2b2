"""`tamis test`."""

from typing import Annotated, Literal

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Config, Filters, Fixtures, Hosts, Limits, Only, Reports
from tamis.cli.watching import watching

__all__ = ["test"]

TraceFormat = Literal["text", "json"]


def test(
    filters: Filters = None,
    hosts: Hosts = None,
    fixtures: Fixtures = None,
    config: Config = None,
    update: Annotated[
        bool, typer.Option("--update", help="Rewrite the snapshots from wasmtime.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Fail where a host function failed and no fixture said so."),
    ] = False,
    limits: Limits = None,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="No fixtures is not an error.")
    ] = False,
    only: Only = None,
    trace: Annotated[
        bool, typer.Option("--trace", help="Print every call over the boundary, in wasmtime.")
    ] = False,
    trace_format: Annotated[
        TraceFormat | None,
        typer.Option(
            "--trace-format", metavar="NAME", help="text, or json: lines, then the --json object."
        ),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Build and test again whenever a file changes.")
    ] = False,
    reports: Reports = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Run fixtures in every --host (default: wasmtime) and compare the outcomes.

    A fixture without expectations still fails on a trap, on a callout that it has no rule for, and
    where two hosts differ.
    """
    lines = trace_format == "json" or (trace and json)
    with Frame("test", json=json or lines, quiet=quiet, verbose=verbose) as frame:
        from json import dumps

        from tamis.cli.arguments import content, key_values
        from tamis.report import cases, sinks
        from tamis.report import test as report
        from tamis.report import trace as traces
        from tamis.verbs.subject import inputs
        from tamis.verbs.test import ready

        chosen = tuple(dict.fromkeys(hosts or ["wasmtime"]))
        bounds = key_values("--limit", limits or (), example="memory=64MiB")
        ready(chosen, bounds, frame.progress)
        wanted = [sinks.parse(text) for text in reports or ()]
        arguments = tuple(dict.fromkeys(filters or ["."]))

        def once() -> None:
            tested = [
                tamis.test(
                    subject,
                    hosts=chosen,
                    folder=fixtures,
                    config=content(config) if config else None,
                    update=update,
                    strict=strict,
                    limits=bounds,
                    allow_empty=allow_empty,
                    only=only or (),
                    trace=trace or trace_format is not None,
                    say=frame.progress,
                )
                for argument in arguments
                for subject in tamis.subject(argument, quick=watch)
            ]
            for run in (run for one in tested for run in one.runs if run.trace):
                for crossing in traces.objects(run) if lines else ():
                    frame.write(dumps(crossing) + "\n")
                frame.show(traces.trace(run), always=True)
            for one in tested:
                frame.show(report.tested(one, every=verbose > 0), always=not one.ok)
            for sink in wanted:
                listed = [
                    case
                    for one in tested
                    for case in cases.from_runs(one.name, one.fixtures, one.runs, one.differences)
                ]
                sinks.write(sink, "tamis test", listed)
            frame.data(**report.tested_object(tested))
            if not all(one.ok for one in tested):
                frame.reject(report.test_problems(tested))

        if watch:
            more = [path for path in (fixtures, config) if path]
            watching(frame, once, lambda: (*inputs(arguments), *more))
        else:
            once()
