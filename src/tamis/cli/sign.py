"""`tamis sign`."""

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Insecure, Key, Reference, Signer
from tamis.cli.passphrase import PassphraseFile

__all__ = ["sign"]


def sign(
    reference: Reference,
    key: Key = None,
    passphrase_file: PassphraseFile = None,
    signer: Signer = "tamis",
    insecure: Insecure = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Sign an artifact, as cosign 2 and cosign 3 verify it.

    What is signed is the digest of the image manifest: of an index its linux/amd64 child, which is
    what consumers pin. Signing again with the same key adds nothing; several signers add up.
    """
    with Frame("sign", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.cli.passphrase import asked
        from tamis.model.reference import parse
        from tamis.report import trust as report

        named = parse(reference)
        frame.progress(f"signing {reference}")
        done = tamis.sign(
            named,
            key=key,
            passphrase=asked(passphrase_file),
            signer=signer,
            insecure=insecure,
        )
        frame.show(report.attached(done))
        frame.data(**report.attached_object(done))
