"""`tamis keygen`."""

from pathlib import Path
from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.passphrase import PassphraseFile
from tamis.errors import BadInput

__all__ = ["keygen"]


def keygen(
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="PREFIX", help="Write PREFIX.key and PREFIX.pub.")
    ] = Path("tamis"),
    passphrase_file: PassphraseFile = None,
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help="Whoever has the file can sign with it.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Make a key pair to sign with, in cosign's format: ECDSA on P-256.

    Nothing is ever overwritten. Keep PREFIX.key to yourself, and publish PREFIX.pub.
    """
    with Frame("keygen", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.cli.passphrase import chosen
        from tamis.report import trust as report

        if no_passphrase and passphrase_file:
            raise BadInput("--no-passphrase, --passphrase-file: which?", advice="Say one of them.")
        made = tamis.keygen(out, b"" if no_passphrase else chosen(passphrase_file))
        frame.show(report.key_pair(made))
        frame.data(**report.key_pair_object(made))
