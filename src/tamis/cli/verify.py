"""`tamis verify`."""

from pathlib import Path
from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Insecure, Reference

__all__ = ["verify"]


def verify(
    reference: Reference,
    keys: Annotated[
        list[Path] | None,
        typer.Option(
            "--key", metavar="FILE", help="A public key; any of them may have signed; repeatable."
        ),
    ] = None,
    require: Annotated[
        list[str] | None,
        typer.Option(
            "--require",
            metavar="NAME,...",
            help="signature (default), sbom, provenance, check, bench; repeatable.",
        ),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help="Demands, TOML or YAML (docs/trust.md)."),
    ] = None,
    insecure: Insecure = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Show whether an artifact is signed with one of the keys, and has what it must have.

    What is verified is the digest of the image manifest: of an index its linux/amd64 child, which
    is what consumers pin. Exit code 1 when anything is not met.
    """
    with Frame("verify", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.model.reference import parse
        from tamis.report import trust as report

        named = parse(reference)
        frame.progress(f"verifying {reference}")
        demanded = [name.strip() for text in require or () for name in text.split(",")]
        verdict = tamis.verify(
            named, keys=keys or (), require=demanded, policy=policy, insecure=insecure
        )
        frame.show(report.verified(verdict, every=verbose > 0), always=not verdict.ok)
        frame.data(**report.verified_object(verdict))
        if not verdict.ok:
            frame.reject(report.verified_problems(verdict))
