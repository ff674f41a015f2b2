"""`tamis load`."""

from pathlib import Path
from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Insecure, Referrers

__all__ = ["load"]


def load(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What tamis save wrote.")],
    target: Annotated[str, typer.Argument(metavar="DEST", help="host/repo:tag, oci-layout://.")],
    referrers: Referrers = True,
    insecure: Insecure = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Copy the artifacts in a file into a registry or a layout folder, digests unchanged.

    One artifact gets the name DEST. Several keep their tags; those of several repositories go into
    DEST/<name> each.
    """
    with Frame("load", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.model.reference import parse
        from tamis.report import stores as report

        frame.progress(f"loading {file}")
        with frame.transfer() as told:
            digests = tamis.load(
                file, parse(target), referrers=referrers, insecure=insecure, told=told
            )
        frame.show(report.placed("loaded", [f"{name}@{each}" for name, each in digests.items()]))
        frame.data(digests=digests)
