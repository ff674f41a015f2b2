"""Compilers that turn a filter's sources into a module, one file a language."""

from tamis.errors import BadInput
from tamis.model.filter import Language
from tamis.toolchains.cpp import Cpp
from tamis.toolchains.prebuilt import Prebuilt
from tamis.toolchains.sdk import sdk_digest, sdk_folder
from tamis.toolchains.toolchain import BuiltModule, Found, Toolchain

__all__ = [
    "BuiltModule",
    "Cpp",
    "Found",
    "Prebuilt",
    "Toolchain",
    "sdk_digest",
    "sdk_folder",
    "toolchain_for",
]


def toolchain_for(language: Language) -> Toolchain:
    """The toolchain of a language. Raises BadInput for one that cannot be built yet."""
    if language in ("cpp", "c"):
        return Cpp()
    if language == "prebuilt":
        return Prebuilt()
    raise BadInput(
        f"this version of tamis cannot build {language} yet",
        advice='Build it with its own tools, then set language = "prebuilt" and name the .wasm.',
    )
