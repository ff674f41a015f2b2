"""Compilers that turn a filter's sources into a module, one file a language."""

from tamis.model.choices import Language
from tamis.model.filter import Filter
from tamis.toolchains.assemblyscript import AssemblyScript
from tamis.toolchains.cpp import Cpp
from tamis.toolchains.finish import (
    find_optimizer,
    finish,
    installed_optimizer,
    optimized,
    saved,
)
from tamis.toolchains.go import Go
from tamis.toolchains.inputs import digest, relocated
from tamis.toolchains.job import Job
from tamis.toolchains.metadata import embed
from tamis.toolchains.prebuilt import Prebuilt
from tamis.toolchains.rust import Rust
from tamis.toolchains.sdk import sdk_digest, sdk_folder
from tamis.toolchains.shim import shim
from tamis.toolchains.tinygo import TinyGo
from tamis.toolchains.toolchain import Compiled, Found, Toolchain
from tamis.toolchains.twins import Twins, no_twin, twins_of
from tamis.toolchains.workshop import Here, Workshop
from tamis.toolchains.zig import Zig

__all__ = [
    "TOOLCHAINS",
    "AssemblyScript",
    "Compiled",
    "Cpp",
    "Found",
    "Go",
    "Here",
    "Job",
    "Prebuilt",
    "Rust",
    "TinyGo",
    "Toolchain",
    "Twins",
    "Workshop",
    "Zig",
    "digest",
    "embed",
    "find_optimizer",
    "finish",
    "installed_optimizer",
    "no_twin",
    "open_workshop",
    "optimized",
    "relocated",
    "saved",
    "sdk_digest",
    "sdk_folder",
    "shim",
    "toolchain_for",
    "twins_of",
]

TOOLCHAINS: dict[Language, Toolchain] = {
    "cpp": Cpp(),
    "c": Cpp(),
    "rust": Rust(),
    "go": Go(),
    "tinygo": TinyGo(),
    "assemblyscript": AssemblyScript(),
    "zig": Zig(),
    "prebuilt": Prebuilt(),
}


def toolchain_for(language: Language) -> Toolchain:
    """The toolchain of a language."""
    return TOOLCHAINS[language]


def open_workshop(filter_: Filter, image: str | None = None, *, fresh: bool = False) -> Here:
    """Where to build `filter_`: this machine, or a container of `image` ("": the one that
    `tamis toolchain image` makes); `fresh`: its compilers begin with empty caches.

    Raises Missing without an engine or without that image.
    """
    if image is None or filter_.language == "prebuilt":
        return Here(fresh=fresh)
    from tamis.toolchains.containers import images, mounts  # the SDK of the engine: seldom needed
    from tamis.toolchains.containers.engine import connect
    from tamis.toolchains.containers.workshop import Container

    language = filter_.language
    sdk = (sdk_folder(language),) if language in ("cpp", "c", "zig") else ()
    seen = mounts.inputs((*toolchain_for(language).inputs(filter_), *sdk))
    engine = connect()
    try:
        return Container(engine, images.find(engine, language, image), seen, fresh=fresh)
    except BaseException:
        engine.close()
        raise
