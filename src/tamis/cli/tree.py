"""`tamis tree`."""

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Insecure, Reference

__all__ = ["tree"]


def tree(
    reference: Reference,
    insecure: Insecure = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Show what an artifact is made of, and the signatures, SBOM and reports that belong to it."""
    with Frame("tree", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.model.reference import parse
        from tamis.report import tree as report

        where = parse(reference)
        found = tamis.tree(where, insecure=insecure)
        frame.show(report.grown(found, str(where)), always=True)
        frame.data(reference=str(where.with_digest(found.digest)), tree=report.node_object(found))
