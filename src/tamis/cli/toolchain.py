"""`tamis toolchain`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose

__all__ = ["toolchain"]


class _Action(StrEnum):
    LIST = "list"
    IMAGE = "image"


class _Language(StrEnum):
    CPP = "cpp"
    C = "c"
    ZIG = "zig"
    RUST = "rust"
    GO = "go"
    TINYGO = "tinygo"
    ASSEMBLYSCRIPT = "assemblyscript"


def toolchain(
    action: Annotated[
        _Action,
        typer.Argument(metavar="[list|image]", help="List compilers and images, or make an image."),
    ] = _Action.LIST,
    language: Annotated[
        _Language | None,
        typer.Argument(metavar="LANGUAGE", help="The one that counts: cpp, c, zig, rust, ..."),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="IMAGE", help="What to make the image from, unless zig is."),
    ] = None,
    tag: Annotated[
        str | None, typer.Option("--tag", metavar="NAME", help="The image's name instead of ours.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="DIR", help="Write Dockerfile and files; build nothing."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """List each language's compiler; or make the image in which build --container compiles.

    C, C++ and Zig share one image, which holds zig alone. The others are made from an image that
    --base names: rust:1-slim, golang:1.26, tinygo/tinygo:0.41.1, node:22-slim.
    """
    with Frame("toolchain", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.model.toolchain import ImageMade
        from tamis.report import toolchain as report

        if action is _Action.IMAGE:
            frame.progress("making the image")
        found = tamis.toolchain(
            action.value, language.value if language else None, base=base, tag=tag, output=output
        )
        if isinstance(found, ImageMade):
            frame.show(report.toolchain_image(found))
            frame.data(image=report.toolchain_image_object(found))
        else:
            frame.show(report.toolchains(found))
            frame.data(toolchains=[report.toolchain_object(one) for one in found])
