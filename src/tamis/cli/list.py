"""`tamis list`."""

from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Insecure

__all__ = ["list"]


def list(
    reference: Annotated[
        str, typer.Argument(metavar="REF", help="host/repo, or a layout: oci-layout://.")
    ],
    every: Annotated[
        bool, typer.Option("--all", help="Also the tags that hold signatures and lists of them.")
    ] = False,
    insecure: Insecure = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """List the tags of a repository or a layout folder."""
    with Frame("list", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.model.reference import parse
        from tamis.report import stores as report

        tags = tamis.list(parse(reference), every=every, insecure=insecure)
        frame.show(report.listed(tags), always=True)
        frame.data(tags=[*tags])
