"""The frame around every verb: its console, its one JSON object, its exit code."""

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from tamis.errors import BadInput, Fault, Missing, TamisError
from tamis.version import VERSION

if TYPE_CHECKING:
    from tamis.model.transfer import Told
    from tamis.report.terminal import Lines

__all__ = ["Frame", "Json", "Quiet", "Verbose", "usage_error"]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object (tamis schema VERB).")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print only problems.")]
Verbose = Annotated[int, typer.Option("-v", "--verbose", count=True, help="Print more.")]

#: The exit code after Ctrl-C, as a shell has it: 128 + SIGINT.
_INTERRUPTED = 130
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
        self._finished = False
        self._turned = False

    @property
    def progress(self) -> Callable[[str], None]:
        """Call it with what is being done now: a transient line on a terminal, else nothing."""
        if self._json or self._quiet or not sys.stderr.isatty():
            return lambda _: None
        return lambda text: print(f"\r\x1b[2K{text}", end="", file=sys.stderr, flush=True)

    @contextmanager
    def transfer(self) -> Iterator["Told"]:
        """Draws bars of what travels on a terminal, while the block runs; else nothing."""
        if self._json or self._quiet or not sys.stderr.isatty():
            yield lambda _: None
            return
        from tamis.cli.bars import bars  # rich: only a terminal pays for it

        with bars() as told:
            yield told

    def show(self, lines: "Lines", *, always: bool = False) -> None:
        """Print for people; nothing under --json, only `always` under --quiet."""
        if self._json or (self._quiet and not always):
            return
        from tamis.report import terminal

        if sys.stderr.isatty():
            print("\r\x1b[2K", end="", file=sys.stderr)
        if sys.stdout is not None:  # else: closed by the caller
            self.write(terminal.text(lines, sys.stdout))

    def write(self, text: str) -> None:
        """Put `text` on stdout, now. Raises Missing when it cannot take any.

        A reader who leaves (`| head`) ends neither the verb nor its reports: the verdict stands.
        """
        if sys.stdout is None:  # closed by the caller
            return
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            _to_nowhere()
        except OSError as error:
            _to_nowhere()
            raise Missing(
                f"cannot write to standard output: {error.strerror}",
                advice="Send it where there is room.",
            ) from error

    def data(self, **values: object) -> None:
        """Add keys to the JSON object."""
        self._data.update(values)

    def reject(self, problems: list[dict[str, Any]]) -> None:
        """The verdict is no: exit code 1, and these problems in the JSON object."""
        self._problems += problems
        self._code = 1

    def turn(self, action: Callable[[], None]) -> None:
        """One turn of a verb that runs until Ctrl-C: an error is told and ends nothing, and under
        --json each turn has its object, on a line of its own.
        """
        self._data, self._problems, self._code, self._finished = {}, [], 0, False
        self._turned = False
        try:
            action()
        except TamisError as error:
            self._tell(error)
        self._finish()
        self._turned = True

    def failed(self, error: BaseException) -> int:
        """Report an error that ends the verb; returns its exit code."""
        if self._turned:  # each turn had its object; this is one more
            self._data, self._problems, self._finished = {}, [], False
        self._tell(error)
        self._finish()
        return self._code

    def _tell(self, error: BaseException) -> None:
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
            from tamis.report import terminal

            if sys.stderr.isatty():
                print("\r\x1b[2K", end="", file=sys.stderr)
            told = terminal.line(("error: ", "bold red"), str(known))
            advice = terminal.line(f"  {known.advice()}")
            print(terminal.text(told + advice, sys.stderr), end="", file=sys.stderr)
        self._code = known.exit_code

    def interrupted(self) -> int:
        """Ctrl-C is no error to explain; --json still gets its object. Returns the exit code."""
        self._problems.append(
            {
                "kind": "interrupted",
                "message": "interrupted",
                "advice": "Run it again.",
                "place": None,
            }
        )
        if not self._json and sys.stderr.isatty():
            print("\r\x1b[2K", end="", file=sys.stderr)
        self._code = _INTERRUPTED
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
            raise typer.Exit(self.interrupted()) from None
        if isinstance(error, (TamisError, Exception)) and not isinstance(error, typer.Exit):
            raise typer.Exit(self.failed(error)) from None
        if error is None:
            try:
                self._finish()
            except TamisError as fault:
                self.failed(fault)
            raise typer.Exit(self._code)

    def _finish(self) -> None:
        if not self._json or self._finished:
            return
        self._finished = True
        import json

        head = {"tamis": VERSION, "verb": self._verb, "ok": self._code == 0}
        self.write(json.dumps({**head, "problems": self._problems, **self._data}) + "\n")


def _to_nowhere() -> None:
    """Point stdout at the null device: nothing more can fail there, at exit neither."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
    os.close(sink)


def usage_error(error: Exception, verb: str = "") -> TamisError | None:
    """The parser's complaint about the command line as an error of ours; None if it is not one.

    Typer keeps its parser's exceptions private; they are told by their exit code and method.
    """
    message = getattr(error, "format_message", None)
    if getattr(error, "exit_code", None) != 2 or message is None:
        return None
    context = getattr(error, "ctx", None)
    command = context.command_path if context else f"tamis {verb}".rstrip()
    what = message().rstrip(".")
    return BadInput(what, advice=f"See {command} --help.")
