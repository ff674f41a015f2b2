"""`tamis ship`."""

from pathlib import Path
from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Hosts, Insecure, Layout, Targets

__all__ = ["ship"]


def ship(
    filter: Annotated[
        str, typer.Argument(metavar="FILTER", help="A folder with tamis.toml (default: .).")
    ] = ".",
    to: Annotated[
        str | None, typer.Option("--to", metavar="REF", help="Publish there: host/repo[:tag].")
    ] = None,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="Where the files are written.")
    ] = Path("build/ship"),
    hosts: Hosts = None,
    targets: Targets = None,
    layout: Layout = None,
    insecure: Insecure = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Build, check, test in both hosts, bench, push, render; stop at the first gate that fails.

    Without --to nothing leaves this machine: the artifact goes to DIR/oci, the manifests to
    DIR/manifests, and the command that publishes ends the summary.
    """
    with Frame("ship", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.report import ship as report
        from tamis.report.bench import bench_problems
        from tamis.report.check import finding_problems
        from tamis.report.test import test_problems
        from tamis.verbs.subject import one_filter

        shipment = tamis.ship(
            one_filter(filter),
            to=to,
            out=out,
            hosts=tuple(dict.fromkeys(hosts or ["wasmtime", "envoy"])),
            targets=targets or (),
            layout=layout,
            insecure=insecure,
            say=frame.progress,
        )
        frame.show(report.shipped(shipment), always=not shipment.ok)
        frame.data(**report.shipment_object(shipment))
        if not shipment.ok:
            problems = []
            if shipment.checked:
                problems += finding_problems(shipment.checked.findings)
            if shipment.tested:
                problems += test_problems([shipment.tested])
            if shipment.benched:
                problems += bench_problems([shipment.benched])
            frame.reject(problems)
