"""`tamis attach`."""

from pathlib import Path
from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Insecure, Key, Reference, Signer
from tamis.cli.passphrase import PassphraseFile
from tamis.errors import BadInput

__all__ = ["attach"]


def attach(
    reference: Reference,
    kinds: Annotated[
        list[str],
        typer.Argument(
            metavar="KIND[=FILE]...",
            help="sbom, provenance, check, bench; FILE: a CycloneDX or SLSA document, or what"
            " check, test or bench --json printed.",
        ),
    ],
    key: Key = None,
    passphrase_file: PassphraseFile = None,
    signer: Signer = "tamis",
    source: Annotated[
        Path | None,
        typer.Option("--source", metavar="DIR", help="The filter's folder it was built from."),
    ] = None,
    insecure: Insecure = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Attach what is inside an artifact, where it comes from, and what was found out about it.

    Without FILE it is made now. An SBOM needs no key; all else is signed. A report that says
    FAILED, or is about another module, is never signed.
    """
    with Frame("attach", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.cli.passphrase import asked
        from tamis.model.reference import parse
        from tamis.report import trust as report

        named = parse(reference)
        wanted: dict[str, Path | None] = {}
        for text in kinds:
            kind, equals, file = text.partition("=")
            if kind in wanted or (equals and not file):
                raise BadInput(f"{text}: no KIND or KIND=FILE", advice="Name each kind once.")
            wanted[kind] = Path(file) if file else None
        done = tamis.attach(
            named,
            wanted,
            key=key,
            passphrase=asked(passphrase_file),
            signer=signer,
            source=source,
            insecure=insecure,
            say=frame.progress,
        )
        frame.show(report.attached(done))
        frame.data(**report.attached_object(done))
