"""`tamis schema`."""

from typing import Annotated

import typer

from tamis.cli.frame import Frame

__all__ = ["schema"]


def schema(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="tamis, fixture, outcome, trace, policy, or a verb (its --json)."
        ),
    ],
) -> None:
    """Print a JSON Schema (draft 2020-12): of tamis.toml, fixtures, outcomes or a verb's --json."""
    with Frame("schema") as frame:
        import json

        from tamis import schemas
        from tamis.errors import BadInput

        if name not in schemas.names():
            raise BadInput(
                f"there is no schema '{name}'", advice=f"Schemas: {', '.join(schemas.names())}."
            )
        found = schemas.load(name) if name in schemas.FILES else schemas.of_output(name)
        frame.write(json.dumps(found, indent=2) + "\n")
