"""`tamis build`."""

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Filters

__all__ = ["build"]


def build(
    filters: Filters = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = 0
) -> None:
    """Compile a filter's source to build/<name>.wasm.

    Each FILTER is a folder with tamis.toml; a folder without one means all filters below it.
    """
    with Frame("build", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.report import objects, results
        from tamis.verbs.subject import filters as find

        built = []
        for filter in find(tuple(dict.fromkeys(filters or ()))):
            frame.progress(f"building {filter.name}")
            built.append(tamis.build(filter))
            frame.show(results.built(built[-1]))
        frame.data(modules=[objects.built(one) for one in built])
