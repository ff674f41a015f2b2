"""What `toolchain` tells: at a terminal, and as JSON objects (schemas/output.json)."""

from collections.abc import Sequence

from tamis.model.toolchain import Available, ImageMade
from tamis.report.objects import Object
from tamis.report.terminal import Lines, line, together

__all__ = ["toolchain_image", "toolchain_image_object", "toolchain_object", "toolchains"]


def toolchains(values: Sequence[Available]) -> Lines:
    """A line a language: what is here, and the image for --container."""
    parts = []
    for one in values:
        style = "green" if one.version else "yellow"
        parts.append(line((f"  {one.language:16}", "bold"), (one.version or one.advice, style)))
        text = one.image or f"no image: {one.image_advice}"
        parts.append(line((f"{'':18}{text}", "" if one.image else "dim")))
    return together(*parts)


def toolchain_image(value: ImageMade) -> Lines:
    """What was made, and the command that comes next."""
    where = str(value.folder) if value.folder else f"{value.tag}  {value.version}  {value.digest}"
    verb = "wrote " if value.folder else "made "
    return together(line((verb, "green"), where), line(("next  ", "cyan"), value.command))


def toolchain_object(value: Available) -> Object:
    """A language's compiler, here and in an image."""
    return {
        "language": value.language,
        "version": value.version,
        "advice": value.advice or None,
        "image": value.image,
        "image_advice": value.image_advice or None,
    }


def toolchain_image_object(value: ImageMade) -> Object:
    """An image, or the folder it is built from."""
    return {
        "language": value.language,
        "tag": value.tag,
        "digest": value.digest,
        "version": value.version,
        "folder": str(value.folder) if value.folder else None,
        "command": value.command,
    }
