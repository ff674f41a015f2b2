"""`tamis new`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.errors import BadInput

__all__ = ["new"]

_ADVICE = "For example: tamis new my-filter --language cpp. tamis new --list shows what there is."


def new(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="NAME", help="The new filter's folder, named like the filter."),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", metavar="LANGUAGE", help="cpp, c, rust, go, ... (see --list)."),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", metavar="KIND", help="headers (default), auth, body, callout or network."
        ),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Show kinds and languages.")] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Write a filter that builds: source, fixtures, configuration schema, CI workflow.

    What is not said is asked for at a terminal. Nothing that is there is overwritten.
    """
    with Frame("new", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.report import scaffolds
        from tamis.scaffold import KIND, LANGUAGES, check_name
        from tamis.verbs.new import offered

        there = offered()
        if listed:
            frame.show(scaffolds.offered(there, LANGUAGES), always=True)
            frame.data(kinds=[scaffolds.offered_object(one) for one in there])
            return
        if folder is None or language is None:
            if json or not _at_a_terminal():
                missing = "a NAME" if folder is None else "a --language"
                raise BadInput(f"tamis new needs {missing}", advice=_ADVICE)
            if folder is None:
                folder = Path(_answer("Name"))
            check_name(folder.resolve().name)
            if kind is None:
                kind = _chosen("Kind", {one.kind: one.what for one in there}, KIND)
            if language is None:
                of_kind = [one for each in there if each.kind == kind for one in each.languages]
                language = _chosen("Language", {one: LANGUAGES[one] for one in of_kind})
        created = tamis.new(folder, language=language, kind=kind or KIND)
        frame.show(scaffolds.created(created, folder))
        frame.data(**scaffolds.created_object(created))


def _at_a_terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _chosen(question: str, choices: dict[str, str], default: str = "") -> str:
    """One of `choices`, by its number or its name; asked until it is one."""
    names: Sequence[str] = list(choices)
    width = max(map(len, names), default=0)
    for number, name in enumerate(names, 1):
        print(f"  {number}  {name:{width}}  {choices[name]}")
    while True:
        answer = _answer(question, default)
        if answer.isdecimal() and 0 < int(answer) <= len(names):
            return names[int(answer) - 1]
        if answer in choices:
            return answer
        print(f"  '{answer}' is none of them")


def _answer(question: str, default: str = "") -> str:
    """What is typed, or the default; asked until there is something. Raises BadInput at the end."""
    while True:
        try:
            answer = input(f"{question}{f' [{default}]' if default else ''}: ").strip() or default
        except EOFError as error:
            print()
            raise BadInput(f"no answer to '{question}'", advice=_ADVICE) from error
        if answer:
            return answer
