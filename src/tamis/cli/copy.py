"""`tamis copy`."""

from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Insecure, Referrers

__all__ = ["copy"]


def copy(
    source: Annotated[str, typer.Argument(metavar="SRC", help="host/repo:tag, oci-layout://.")],
    target: Annotated[str, typer.Argument(metavar="DEST", help="host/repo:tag, oci-layout://.")],
    referrers: Referrers = True,
    insecure: Insecure = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Copy an artifact between registries and layout folders, with its signatures and reports.

    The digest stays the same.
    """
    with Frame("copy", json=json, quiet=quiet, verbose=verbose) as frame:
        from dataclasses import replace

        from tamis.model.reference import parse
        from tamis.report import terminal

        origin, goal = parse(source), parse(target)
        if not goal.tag and origin.tag:
            goal = replace(goal, tag=origin.tag)
        frame.progress(f"copying {source} to {target}")
        with frame.transfer() as told:
            digest = tamis.copy(origin, goal, referrers=referrers, insecure=insecure, told=told)
        pinned = goal.with_digest(digest)
        frame.show(terminal.line(("copied ", "green"), str(pinned)))
        frame.data(digest=digest, reference=str(pinned))
