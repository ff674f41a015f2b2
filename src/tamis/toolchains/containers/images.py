"""Images with a toolchain: for C, C++ and Zig nothing but zig itself, for other languages an image
that the user names and what it lacks.
"""

import contextlib
import io
import os
import re
import shlex
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tamis.errors import BadInput, Missing, Unreachable
from tamis.model.choices import Language
from tamis.toolchains.containers.confinement import NETWORK
from tamis.toolchains.containers.engine import Engine, explained
from tamis.toolchains.containers.zig_files import zig_files
from tamis.toolchains.workshop import Here

__all__ = [
    "Context",
    "build",
    "command",
    "context",
    "find",
    "folder_command",
    "newest",
    "repository",
    "tag_for",
]

_ZIG = ("cpp", "c", "zig")
#: Images that are known to do, as examples; each needs its WebAssembly target, or nothing more.
_BASES: Mapping[str, tuple[str, str]] = {
    "rust": ("rust:1-slim", "RUN rustup target add wasm32-unknown-unknown wasm32-wasip1\n"),
    "go": ("golang:1.26", ""),
    "tinygo": ("tinygo/tinygo:0.41.1", ""),
    "assemblyscript": ("node:22-slim", ""),
}
_DOCKERFILE = """\
# A toolchain for proxy-wasm filters, for: tamis build --container
FROM {base}
{body}"""


@dataclass(frozen=True, slots=True)
class Context:
    """What an image is built from: the Dockerfile's text, and `files` by their names in there."""

    dockerfile: str
    files: Mapping[str, Path]

    def write(self, folder: Path) -> None:
        """As a folder for `docker build`. Raises BadInput when it cannot be written."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "Dockerfile").write_text(self.dockerfile, "utf-8")
            for name, path in self.files.items():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
                target.chmod(_mode(path))
        except OSError as error:
            raise BadInput(
                f"cannot write {folder}: {error.strerror}", advice="Name another folder."
            ) from error

    def pack(self, into: IO[bytes]) -> None:
        """As a tar, the same bytes each time."""
        with tarfile.open(fileobj=into, mode="w", format=tarfile.GNU_FORMAT) as archive:
            text = self.dockerfile.encode()
            archive.addfile(_entry("Dockerfile", len(text), 0o644), io.BytesIO(text))
            for name, path in sorted(self.files.items()):
                with path.open("rb") as file:
                    archive.addfile(_entry(name, path.stat().st_size, _mode(path)), file)


def repository(language: Language) -> str:
    """Without a tag. C, C++ and Zig share one image."""
    return f"tamis-toolchain-{'cpp' if language in _ZIG else language}"


def tag_for(language: Language, version: str) -> str:
    """The tag of an image whose compiler names itself `version` ("rustc 1.96.0")."""
    number = version.split()[-1].lstrip("v")
    return f"{repository(language)}:{re.sub(r'[^A-Za-z0-9_.-]+', '-', number)}"


def command(language: Language) -> str:
    """What makes the image of that language."""
    base = "" if language in _ZIG else f" --base {_BASES[language][0]}"
    return f"tamis toolchain image {language}{base}"


def find(engine: Engine, language: Language, named: str = "") -> Any:  # noqa: ANN401
    """The image named, or ours. Raises Missing with the command that gets it."""
    if named:
        return engine.image(named, f"Run: docker pull {named}")
    found = newest(engine, language)
    if found is None:
        wanted = f"{repository(language)}:{_local(language) or '*'}"
        raise Missing(
            f"the container engine has no image {wanted}", advice=f"Run: {command(language)}"
        )
    return found


def newest(engine: Engine, language: Language) -> Any | None:  # noqa: ANN401
    """Our image: with the zig that is installed here, else the one made last."""
    name = repository(language)
    with explained("look for images"):
        found = engine.client.images.list(name=name)
    exact = _local(language)
    if exact:
        found = [image for image in found if f"{name}:{exact}" in image.tags]
    return max(found, key=lambda image: str(image.attrs.get("Created", "")), default=None)


@contextlib.contextmanager
def context(language: Language, base: str | None, machine: str) -> Iterator[Context]:
    """What an image for `machine` ("x86_64") is built from; files may be gone afterwards.

    Raises BadInput for a base that is missing or not wanted, Missing where zig cannot be had.
    """
    if language == "prebuilt":
        raise BadInput("prebuilt filters are not compiled: they need no image", advice="Name cpp, "
                       "rust, go, tinygo or assemblyscript.")  # fmt: skip
    if language not in _ZIG:
        good, body = _BASES[language]
        if base is None:
            raise BadInput(
                f"an image for {language} is made from one that you name",
                advice=f"For example: {command(language)}",
            )
        if re.search(r"\s", base) or not base:
            raise BadInput(f"'{base}' is no name of an image", advice=f"For example: {good}")
        yield Context(_DOCKERFILE.format(base=base, body=body), {})
        return
    if base is not None:
        raise BadInput(
            f"the image for {language} holds zig and nothing else: it has no base",
            advice="Leave --base out.",
        )
    with zig_files(machine) as files:
        body = 'COPY zig /opt/zig\nENV PATH="/opt/zig"\n'
        named = {f"zig/{name}": path for name, path in files.items()}
        yield Context(_DOCKERFILE.format(base="scratch", body=body), named)


def build(engine: Engine, made_of: Context) -> Any:  # noqa: ANN401
    """The image, without a tag. Raises Unreachable with the engine's words, when it cannot."""
    lines: list[str] = []
    with tempfile.TemporaryFile() as packed:
        try:
            made_of.pack(packed)
            packed.seek(0)
        except OSError as error:
            raise Missing(
                f"no room for the image's files: {error.strerror}",
                advice="Free some of the disk, or set TMPDIR.",
            ) from error
        with explained("build the image"):
            for part in engine.client.api.build(
                fileobj=packed,
                custom_context=True,
                rm=True,
                forcerm=True,
                decode=True,
                network_mode=os.environ.get(NETWORK) or None,
            ):
                lines.append(str(part.get("stream", "")))
                if "error" in part:
                    shown = "".join(lines[-20:]).strip()
                    raise Unreachable(
                        f"the container engine cannot build the image: {part['error']}\n{shown}",
                        advice="Correct --base, or look whether its registry answers.",
                    )
            told = "".join(lines)
            made = re.findall(r"(?:Successfully built |sha256:)([0-9a-f]{12,64})\b", told)
            return engine.client.images.get(made[-1])


def folder_command(language: Language, folder: Path) -> str:
    """What builds the image from a folder that was written."""
    return f"docker build -t {repository(language)}:{_local(language) or 'latest'} " + shlex.quote(
        str(folder)
    )


def _local(language: Language) -> str:
    """The version of the zig that is installed here; "" for other languages."""
    if language not in _ZIG:
        return ""
    here = Here()
    program = here.which("zig")
    return here.ask((str(program), "version")) if program else ""


def _entry(name: str, size: int, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, mode, 0
    return entry


def _mode(path: Path) -> int:
    return 0o755 if os.access(path, os.X_OK) else 0o644
