"""`tamis tag`."""

from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Insecure, Reference

__all__ = ["tag"]


def tag(
    reference: Reference,
    tags: Annotated[list[str], typer.Argument(metavar="TAG...", help="latest, 1, 1.2, ...")],
    insecure: Insecure = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Give an artifact more tags, where it is; nothing is copied."""
    with Frame("tag", json=json, quiet=quiet, verbose=verbose) as frame:
        from dataclasses import replace

        from tamis.model.reference import parse
        from tamis.report import stores as report

        where = parse(reference)
        digest = tamis.tag(where, tags, insecure=insecure)
        named = [str(replace(where, tag=each, digest=digest)) for each in tags]
        frame.show(report.placed("tagged", named))
        frame.data(digest=digest, references=named)
