"""`tamis save`."""

from pathlib import Path
from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Insecure, Referrers

__all__ = ["save"]


def save(
    references: Annotated[
        list[str], typer.Argument(metavar="REF...", help="host/repo:tag, oci-layout://.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The tar file.")],
    referrers: Referrers = True,
    insecure: Insecure = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Put artifacts into one file, with their signatures: for places without a registry.

    The file is a tar of an OCI image layout, which `docker load` and skopeo read as well.
    """
    with Frame("save", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.model.reference import parse
        from tamis.report import stores as report

        frame.progress(f"saving {', '.join(references)}")
        named = [parse(each) for each in references]
        with frame.transfer() as told:
            digests = tamis.save(named, out, referrers=referrers, insecure=insecure, told=told)
        frame.show(report.placed("saved", [f"{tag}@{digest}" for tag, digest in digests.items()]))
        frame.data(file=str(out), digests=digests)
