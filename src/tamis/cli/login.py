"""`tamis login`."""

import sys
from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Insecure
from tamis.errors import BadInput

__all__ = ["login"]


def login(
    host: Annotated[str, typer.Argument(metavar="HOST", help="ghcr.io, docker.io, HOST:PORT.")],
    user: Annotated[
        str | None, typer.Option("-u", "--user", metavar="USER", help="Who you are there.")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password or token from stdin.")
    ] = False,
    insecure: Insecure = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Log in to a registry; docker, podman and tamis then know you there.

    The credentials are tried first and kept as docker keeps them: by its credential helper, or in
    config.json ($DOCKER_CONFIG, ~/.docker).
    """
    with Frame("login", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.report import terminal

        asking = not json and sys.stdin.isatty()
        name = user or _asked("Username", asking, "-u USER")
        if password_stdin:
            password = sys.stdin.read().removesuffix("\n").removesuffix("\r")
        else:
            password = _asked("Password", asking, "--password-stdin", hidden=True)
        store = tamis.login(host, name, password, insecure=insecure)
        frame.show(terminal.line(("logged in ", "green"), f"to {host} as {name}, kept in {store}"))
        frame.data(registry=host, user=name, store=store)


def _asked(what: str, asking: bool, option: str, *, hidden: bool = False) -> str:
    """From the terminal, if there is one."""
    if not asking:
        raise BadInput(f"login needs a {what.lower()}", advice=f"Give it with {option}.")
    return str(typer.prompt(what, hide_input=hidden, err=True))
