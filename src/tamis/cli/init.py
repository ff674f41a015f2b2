"""`tamis init`."""

from pathlib import Path
from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose

__all__ = ["init"]


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The project's folder (default: .).")
    ] = Path(),
    language: Annotated[
        str | None,
        typer.Option("--language", metavar="LANGUAGE", help="Where it could be several things."),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(
            "--manifest",
            metavar="FILE",
            help="A WasmPlugin or TrafficExtension: its configuration becomes the default.",
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Write tamis.toml and a first fixture for a project that is there already.

    Known are Cargo, Go, TinyGo, AssemblyScript, C++, C and Zig; no other file is touched.
    """
    with Frame("init", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.report import scaffolds

        adopted = tamis.init(folder, language=language, manifest=manifest)
        frame.show(scaffolds.adopted(adopted, folder))
        frame.data(**scaffolds.adopted_object(adopted))
