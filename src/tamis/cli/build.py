"""`tamis build`."""

from pathlib import Path
from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Filters
from tamis.cli.watching import watching

__all__ = ["build"]


def build(
    filters: Filters = None,
    sdk: Annotated[
        Path | None,
        typer.Option("--sdk", metavar="PATH", help="The official C++ SDK (or TAMIS_CPP_SDK)."),
    ] = None,
    native: Annotated[
        bool,
        typer.Option("--native", help="Compile C++ and Rust for this machine too: a native twin."),
    ] = False,
    envoy_module: Annotated[
        bool,
        typer.Option("--envoy-module", help="Compile C++ to a dynamic module of Envoy, too."),
    ] = False,
    container: Annotated[
        bool, typer.Option("--container", help="Compile in a container, not with local tools.")
    ] = False,
    image: Annotated[
        str | None,
        typer.Option("--image", metavar="IMAGE", help="The container's image instead of ours."),
    ] = None,
    locked: Annotated[
        bool,
        typer.Option("--locked", help="Refuse to make anything but what build.lock.json says."),
    ] = False,
    reproduce: Annotated[
        bool, typer.Option("--reproduce", help="Build twice in different folders, and compare.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Build anew; show each command, time and size.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Build again whenever a file changes.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Compile a filter's source to build/<name>.wasm.

    Each FILTER is a folder with tamis.toml; a folder without one means all filters below it.
    """
    with Frame("build", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.report import build as report
        from tamis.verbs.subject import filters as find
        from tamis.verbs.subject import inputs

        wanted = tuple(dict.fromkeys(filters or ()))
        inside = image if image is not None else ("" if container else None)

        def once() -> None:
            built = []
            for filter in find(wanted):
                frame.progress(f"building {filter.name}")
                built.append(
                    tamis.build(
                        filter,
                        image=inside,
                        sdk=sdk,
                        locked=locked,
                        explain=explain,
                        quick=watch,
                        native=native,
                        envoy_module=envoy_module,
                    )
                )
                frame.show(report.built(built[-1], explain=explain))
            frame.data(modules=[report.built_object(one) for one in built])

        def twice() -> None:
            proofs = []
            for filter in find(wanted):
                frame.progress(f"building {filter.name} twice")
                proofs.append(tamis.reproduce(filter, image=inside, sdk=sdk))
                frame.show(report.reproduced(proofs[-1]), always=not proofs[-1].ok)
            frame.data(reproduced=[report.reproduced_object(one) for one in proofs])
            if not all(proof.ok for proof in proofs):
                frame.reject(report.reproduce_problems(proofs))

        action = twice if reproduce else once
        if watch:
            watching(frame, action, lambda: inputs(wanted))
        else:
            action()
