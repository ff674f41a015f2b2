"""`tamis toolchain`: which compilers are here, and the images that hold them for containers."""

from pathlib import Path
from typing import Literal

from tamis import toolchains
from tamis.errors import BadInput, Missing, TamisError, Unreachable
from tamis.model.choices import Language
from tamis.model.toolchain import Available, ImageMade
from tamis.toolchains.containers import images
from tamis.toolchains.containers.engine import Engine, connect, explained
from tamis.toolchains.containers.workshop import Container

__all__ = ["toolchain"]

_LANGUAGES: tuple[Language, ...] = (
    "cpp", "c", "zig", "rust", "go", "tinygo", "assemblyscript",
)  # fmt: skip


def toolchain(
    action: Literal["list", "image"] = "list",
    language: Language | None = None,
    *,
    base: str | None = None,
    tag: str | None = None,
    output: Path | None = None,
) -> tuple[Available, ...] | ImageMade:
    """List each language's compiler and image. Or, "image", make the image of `language` from
    `base` (unless zig compiles it), named `tag`; or write what it is built from into `output`.

    Raises BadInput for options that do not go together, Missing without an engine, Unreachable when
    the engine cannot build the image.
    """
    if action == "list":
        if base or tag or output:
            raise BadInput(
                "--base, --tag and --output are for images", advice="See tamis toolchain --help."
            )
        return _list((language,) if language else _LANGUAGES)
    if language is None:
        raise BadInput(
            "an image is for one language, and none is named",
            advice=f"For example: {images.command('cpp')}",
        )
    if output is not None:
        if tag:
            raise BadInput("--output builds no image to tag", advice="Leave --tag out.")
        with images.context(language, base, "") as made_of:
            made_of.write(output)
        return ImageMade(language, images.folder_command(language, output), folder=output)
    return _image(language, base, tag)


def _list(languages: tuple[Language, ...]) -> tuple[Available, ...]:
    try:
        engine = connect()
    except Missing as error:
        why = f"{error.what}: {error.advice()}"
        return tuple(_available(language, None, why) for language in languages)
    with engine:
        return tuple(_available(language, engine) for language in languages)


def _available(language: Language, engine: Engine | None, why: str = "") -> Available:
    version, advice = None, ""
    try:
        version = toolchains.toolchain_for(language).find(toolchains.Here()).version
    except TamisError as error:
        advice = f"{error.what}: {error.advice()}"
    image = images.newest(engine, language) if engine else None
    if image is None:
        return Available(language, version, advice, None, why or f"Run: {images.command(language)}")
    return Available(language, version, advice, image.tags[0] if image.tags else image.short_id)


def _image(language: Language, base: str | None, tag: str | None) -> ImageMade:
    """Tagged once its compiler has told its version: an image that cannot compile is none."""
    with connect() as engine:
        with images.context(language, base, engine.traits.machine) as made_of:
            image = images.build(engine, made_of)
        version = _version(image, language)
        tag = tag or images.tag_for(language, version)
        with explained(f"tag the image {tag}"):
            image.tag(tag)
    own = tag == images.tag_for(language, version)
    command = "tamis build --container" if own else f"tamis build --image {tag}"
    return ImageMade(language, command, tag, image.id, version)


def _version(image: object, language: Language) -> str:
    try:
        with Container(connect(), image, ()) as shop:
            return toolchains.toolchain_for(language).find(shop).version
    except Missing as error:
        raise Unreachable(
            f"the image was built, but it cannot compile: {error.what}",
            advice="Name another --base, one that has the whole toolchain.",
        ) from error
