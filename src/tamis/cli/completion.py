"""`tamis completion`."""

from typing import Annotated

import typer

from tamis.cli.frame import Frame

__all__ = ["completion"]

_SHELLS = ("bash", "zsh", "fish")


def completion(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
) -> None:
    """Print the completion script of a shell: eval "$(tamis completion bash)"."""
    with Frame("completion") as frame:
        from typer.completion import get_completion_script  # type: ignore[attr-defined]

        from tamis.errors import BadInput

        if shell not in _SHELLS:
            raise BadInput(f"no completion for '{shell}'", advice=f"Shells: {', '.join(_SHELLS)}.")
        script = get_completion_script(
            prog_name="tamis", complete_var="_TAMIS_COMPLETE", shell=shell
        )
        frame.write(script + "\n")
