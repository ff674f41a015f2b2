"""`tamis inspect`."""

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Filters

__all__ = ["inspect"]


def inspect(
    filters: Filters = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = 0
) -> None:
    """Show what is inside modules: ABI, imports, exports, sizes, metadata, who loads them."""
    with Frame("inspect", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.report import inspect as report

        seen = [
            tamis.inspect(subject)
            for argument in dict.fromkeys(filters or ["."])
            for subject in tamis.subject(argument)
        ]
        for one in seen:
            frame.show(report.inspected(one, every=verbose > 0))
        frame.data(modules=[report.inspected_object(one) for one in seen])
