"""`tamis push`."""

from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Insecure, Layout
from tamis.errors import BadInput

__all__ = ["push"]


def push(
    arguments: Annotated[
        list[str],
        typer.Argument(metavar="[FILTER] DEST", help="DEST: host/repo:tag, oci-layout://."),
    ],
    layout: Layout = "image",
    insecure: Insecure = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Publish a module as an OCI artifact; the same module gives the same digest.

    FILTER (default: .) is a folder, which is built first, or a .wasm, which travels unchanged.
    """
    with Frame("push", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.cli.arguments import one_subject
        from tamis.model.reference import parse, tagged
        from tamis.report import artifact as report

        source, text = ([".", *arguments])[-2:]
        if len(arguments) > 2:
            raise BadInput(
                f"push takes at most a FILTER and a DEST, not {len(arguments)} arguments",
                advice="Push each filter by itself.",
            )
        named = parse(text)  # before the filter is built for nothing
        subject = one_subject(source)
        frame.progress(f"pushing {subject.metadata.name} to {text}")
        where = tagged(named, subject.metadata.version)
        artifact = tamis.push(
            subject.module, subject.metadata, where, layout=layout, insecure=insecure
        )
        frame.show(report.artifact(artifact, where))
        frame.data(**report.artifact_object(artifact, where))
