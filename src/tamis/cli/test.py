"""`tamis test`."""

from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Config, Filters, Fixtures, Hosts, Reports
from tamis.cli.watching import watching

__all__ = ["test"]


def test(
    filters: Filters = None,
    hosts: Hosts = None,
    fixtures: Fixtures = None,
    config: Config = None,
    update: Annotated[
        bool, typer.Option("--update", help="Rewrite the snapshots from wasmtime.")
    ] = False,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="No fixtures is not an error.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Build and test again whenever a file changes.")
    ] = False,
    reports: Reports = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Run fixtures in every --host (default: wasmtime) and compare the outcomes.

    A fixture without expectations still fails on a trap, and where two hosts differ.
    """
    with Frame("test", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.cli.arguments import content
        from tamis.report import cases, objects, results, sinks
        from tamis.verbs.subject import inputs
        from tamis.verbs.test import ready

        chosen = tuple(dict.fromkeys(hosts or ["wasmtime"]))
        ready(chosen)
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
                    allow_empty=allow_empty,
                    say=frame.progress,
                )
                for argument in arguments
                for subject in tamis.subject(argument, quick=watch)
            ]
            for one in tested:
                frame.show(results.tested(one, every=verbose > 0), always=not one.ok)
            for sink in wanted:
                listed = [
                    case
                    for one in tested
                    for case in cases.from_runs(one.name, one.fixtures, one.runs, one.differences)
                ]
                sinks.write(sink, "tamis test", listed)
            frame.data(**objects.tested(tested))
            if not all(one.ok for one in tested):
                frame.reject(objects.test_problems(tested))

        if watch:
            more = [path for path in (fixtures, config) if path]
            watching(frame, once, lambda: (*inputs(arguments), *more))
        else:
            once()
