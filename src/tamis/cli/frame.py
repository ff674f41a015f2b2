"""The frame around every verb: its console, its one JSON object, its exit code."""

import sys
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from tamis.errors import BadInput, Fault, TamisError
from tamis.version import VERSION

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

__all__ = ["Frame", "Json", "Quiet", "Verbose", "usage_error"]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object (tamis schema VERB).")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print only problems.")]
Verbose = Annotated[int, typer.Option("-v", "--verbose", count=True, help="Print more.")]

_FILE_IT = "File it with this text at https://github.com/tamis-project/tamis/issues."


class Frame:
    """`with Frame(...) as frame:` runs a verb; leaving it ends the process with its exit code.

    With `json`, stdout carries exactly one object whatever happens; else problems go to stderr.
    """

    def __init__(
        self, verb: str, *, json: bool = False, quiet: bool = False, verbose: int = 0
    ) -> None:
        self._verb = verb
        self._json = json
        self._quiet = quiet
        self.verbose = verbose
        self._data: dict[str, Any] = {}
        self._problems: list[dict[str, Any]] = []
        self._code = 0

    @property
    def console(self) -> "Console":
        """Where people read."""
        from rich.console import Console

        return Console(highlight=False, soft_wrap=True)

    @property
    def progress(self) -> Callable[[str], None]:
        """Call it with what is being done now: a transient line on a terminal, else nothing."""
        if self._json or self._quiet or not sys.stderr.isatty():
            return lambda _: None
        return lambda text: print(f"\r\x1b[2K{text}", end="", file=sys.stderr, flush=True)

    def show(self, renderable: "RenderableType", *, always: bool = False) -> None:
        """Print for people; nothing under --json, only `always` under --quiet."""
        if self._json or (self._quiet and not always):
            return
        if sys.stderr.isatty():
            print("\r\x1b[2K", end="", file=sys.stderr)
        self.console.print(renderable)

    def data(self, **values: object) -> None:
        """Add keys to the JSON object."""
        self._data.update(values)

    def reject(self, problems: list[dict[str, Any]]) -> None:
        """The verdict is no: exit code 1, and these problems in the JSON object."""
        self._problems += problems
        self._code = 1

    def failed(self, error: BaseException) -> int:
        """Report an error; returns its exit code."""
        if isinstance(error, TamisError):
            known = error
        else:
            text = "".join(traceback.format_exception(error))
            known = Fault(f"tamis failed: {type(error).__name__}: {error}", advice=_FILE_IT)
            print(text, file=sys.stderr)
        self._problems.append(
            {
                "kind": known.kind,
                "message": known.what,
                "advice": known.advice(),
                "place": str(known.at) if known.at else None,
            }
        )
        if not self._json:
            from rich.console import Console
            from rich.text import Text

            if sys.stderr.isatty():
                print("\r\x1b[2K", end="", file=sys.stderr)
            console = Console(stderr=True, highlight=False, soft_wrap=True)
            console.print(Text.assemble(("error: ", "bold red"), str(known)))
            console.print(Text(f"  {known.advice()}"))
        self._code = known.exit_code
        self._finish()
        return self._code

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, KeyboardInterrupt):
            raise typer.Exit(130) from None
        if isinstance(error, (TamisError, Exception)) and not isinstance(error, typer.Exit):
            raise typer.Exit(self.failed(error)) from None
        if error is None:
            self._finish()
            raise typer.Exit(self._code)

    def _finish(self) -> None:
        if not self._json:
            return
        import json

        head = {"tamis": VERSION, "verb": self._verb, "ok": self._code == 0}
        print(json.dumps({**head, "problems": self._problems, **self._data}))


def usage_error(error: Exception) -> TamisError | None:
    """The parser's complaint about the command line as an error of ours; None if it is not one.

    Typer keeps its parser's exceptions private; they are told by their exit code and method.
    """
    message = getattr(error, "format_message", None)
    if getattr(error, "exit_code", None) != 2 or message is None:
        return None
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "tamis"
    return BadInput(message(), advice=f"See {command} --help.")
