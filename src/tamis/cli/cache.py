"""`tamis cache`."""

from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose

__all__ = ["cache"]


def cache(
    action: Annotated[
        str, typer.Argument(metavar="[show|prune]", help="Show what is kept, or delete it.")
    ] = "show",
    days: Annotated[
        float | None,
        typer.Option("--days", metavar="N", help="Prune only what was not used for N days."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Show or delete what tamis keeps so that it need not be made again."""
    with Frame("cache", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.report import cache as report

        kept, freed = tamis.cache(action, days=days)
        frame.show(report.cached(kept, freed))
        frame.data(caches=[report.usage_object(one) for one in kept], freed=freed)
