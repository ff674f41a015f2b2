"""`tamis logout`."""

from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose

__all__ = ["logout"]


def logout(
    host: Annotated[str, typer.Argument(metavar="HOST", help="ghcr.io, docker.io, HOST:PORT.")],
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Forget the credentials for a registry, where docker keeps them."""
    with Frame("logout", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.report import terminal

        stores = tamis.logout(host)
        told = f"no longer in {', '.join(stores)}" if stores else "you were not logged in"
        frame.show(terminal.line(("logged out ", "green"), f"of {host}: {told}"))
        frame.data(registry=host, stores=list(stores))
