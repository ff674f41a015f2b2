"""`tamis pull`."""

from pathlib import Path
from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Insecure, Out, Reference

__all__ = ["pull"]


def pull(
    reference: Reference,
    out: Out = None,
    extract: Annotated[
        bool,
        typer.Option("--extract", help="Into a folder, with configuration, schema and documents."),
    ] = False,
    insecure: Insecure = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Fetch a module, byte for byte, every digest verified.

    Without -o it is written to <name>.wasm here; with --extract, -o is a folder.
    """
    with Frame("pull", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.model.reference import parse
        from tamis.report import artifact as report

        where = parse(reference)
        frame.progress(f"pulling {reference}")
        with frame.transfer() as told:
            pulled = tamis.pull(where, out or Path(), extract=extract, insecure=insecure, told=told)
        frame.show(report.artifact(pulled.artifact, where, pulled.files))
        frame.data(**report.artifact_object(pulled.artifact, where, pulled.files))
