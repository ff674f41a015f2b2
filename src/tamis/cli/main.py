"""The `tamis` command: finds the verb, loads only its file, turns every error into advice."""

import gc
import importlib
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

import typer
from typer.core import TyperGroup

from tamis.cli.frame import Frame, usage_error
from tamis.version import VERSION

__all__ = ["VERBS", "app", "run"]


@dataclass(frozen=True, slots=True)
class Verb:
    """A line of `tamis --help`; the function lives in `tamis.cli.<name>`."""

    name: str
    group: str
    help: str


_MAIN = "Main verbs"
_MORE = "More"
VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb("new", _MAIN, "Write a filter that builds, in your language, with fixtures"),
        Verb("build", _MAIN, "Compile a filter's source to build/<name>.wasm"),
        Verb("check", _MAIN, "Judge a module by the rules of the hosts it is meant for"),
        Verb("test", _MAIN, "Run fixtures in wasmtime and in a real Envoy, and compare"),
        Verb("bench", _MAIN, "Count what a filter costs: the cost card, budgets, what is cheaper"),
        Verb("record", _MAIN, "Turn live traffic, HAR, tap or curl into fixtures"),
        Verb("run", _MAIN, "Serve traffic through a filter in a real Envoy; swap it on change"),
        Verb("push", _MAIN, "Publish a module as an OCI artifact"),
        Verb("render", _MAIN, "Write the manifests that deploy an artifact"),
        Verb("ship", _MAIN, "Build, check, test, bench, push, render; stop at the first failure"),
        Verb("rehearse", _MORE, "Upgrade a filter under load, and count what is lost"),
        Verb("inspect", _MORE, "Show what is inside a module, and which targets load it"),
        Verb("pull", _MORE, "Fetch a module, byte for byte"),
        Verb("init", _MORE, "Write tamis.toml and a first fixture for a project that is there"),
        Verb("replay", _MORE, "Run fixtures many times over: exchanges a second, counts, a hash"),
        Verb("copy", _MORE, "Copy an artifact between registries and layout folders"),
        Verb("tag", _MORE, "Give an artifact more tags"),
        Verb("list", _MORE, "List the tags of a repository or layout folder"),
        Verb("tree", _MORE, "Show what an artifact is made of, and what belongs to it"),
        Verb("save", _MORE, "Put artifacts into one file, for places without a registry"),
        Verb("load", _MORE, "Copy the artifacts in a file into a registry or layout folder"),
        Verb("login", _MORE, "Log in to a registry, as docker does"),
        Verb("logout", _MORE, "Forget the credentials for a registry"),
        Verb("keygen", _MORE, "Make a key pair to sign with"),
        Verb("sign", _MORE, "Sign an artifact, as cosign verifies it"),
        Verb("verify", _MORE, "Show whether an artifact is signed, and has what it must have"),
        Verb("attach", _MORE, "Attach an SBOM, provenance, check and bench reports"),
        Verb("cache", _MORE, "Show or delete what tamis keeps so that it need not be made again"),
        Verb("toolchain", _MORE, "List compilers, or make the image for build --container"),
        Verb("doctor", _MORE, "Show what is installed and how to get what is missing"),
        Verb("schema", _MORE, "Print a JSON Schema: of tamis.toml, fixtures, or a verb's --json"),
        Verb("completion", _MORE, "Print the completion script of a shell"),
    )
}

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Verbs(TyperGroup):
    """Loads a verb's file only when that verb is called: `tamis --help` stays fast."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # noqa: ARG002
        return list(VERBS)

    def get_command(self, ctx: typer.Context, cmd_name: str):  # type: ignore[no-untyped-def, override]  # noqa: ANN202, ARG002
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"tamis.cli.{cmd_name}")
        verb: Callable[..., None] = getattr(module, cmd_name)
        single = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=_CONTEXT)
        single.command(name=cmd_name)(verb)
        return typer.main.get_command(single)

    def format_commands(self, ctx: typer.Context, formatter) -> None:  # type: ignore[no-untyped-def, override]  # noqa: ANN001, ARG002
        for group in (_MAIN, _MORE):
            with formatter.section(group):
                formatter.write_dl(
                    [(verb.name, verb.help) for verb in VERBS.values() if verb.group == group]
                )


app = typer.Typer(
    cls=_Verbs,
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings=_CONTEXT,
)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"tamis {VERSION}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """Build, prove, ship and deploy proxy-wasm filters for Envoy.

    A FILTER is a folder with tamis.toml (default: this one), a .wasm file, or a reference such as
    oci://ghcr.io/acme/filter:1.0 or oci-layout://folder:1.0.
    """


def _terminated(number: int, _frame: object) -> None:
    """End as on Ctrl-C: compilers, proxies and scratch folders must not outlive us."""
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + number)


def run(arguments: list[str] | None = None) -> None:
    """Entry point of the `tamis` script; ends the process with an exit code of `errors`."""
    arguments = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if "_TAMIS_COMPLETE" in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]

        completion_init()
    signal.signal(signal.SIGTERM, _terminated)
    verb = next((word for word in arguments if word in VERBS), "")
    frame = Frame(verb, json="--json" in arguments)  # for what ends outside a verb's own
    command = typer.main.get_command(app)
    try:
        code = command.main(arguments, prog_name="tamis", standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(frame.interrupted())
    except Exception as error:  # noqa: BLE001  (the last resort: every way out has an exit code)
        sys.exit(frame.failed(usage_error(error, verb) or error))
    finally:
        gc.freeze()  # else Python looks for garbage in all that is loaded before it ends
    sys.exit(code if isinstance(code, int) else 0)
