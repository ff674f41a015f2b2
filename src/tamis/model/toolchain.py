"""Compilers and the images that hold them: what `tamis toolchain` lists and makes."""

from dataclasses import dataclass
from pathlib import Path

from tamis.model.choices import Language

__all__ = ["Available", "ImageMade"]


@dataclass(frozen=True, slots=True)
class Available:
    """A language's compiler: `version` on this machine, or None and `advice`; `image` is the one
    that `build --container` takes, or None and `image_advice`.
    """

    language: Language
    version: str | None
    advice: str = ""
    image: str | None = None
    image_advice: str = ""


@dataclass(frozen=True, slots=True)
class ImageMade:
    """An image, by `tag` and `digest` (its id), with the `version` of what it holds; or the
    `folder` that holds its Dockerfile, to be built by `command`.
    """

    language: Language
    command: str
    tag: str | None = None
    digest: str | None = None
    version: str | None = None
    folder: Path | None = None
