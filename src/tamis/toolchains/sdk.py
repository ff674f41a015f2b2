"""Where our guest SDKs and the shim are: in a checkout, or in an installed package."""

import hashlib
from pathlib import Path

from tamis.errors import Fault

__all__ = ["sdk_digest", "sdk_folder"]

#: The file by which each SDK is known.
_KNOWN_BY = {
    "cpp": "tamis/http.h", "c": "proxy_wasm.h", "zig": "proxy_wasm.zig", "native": "hooks.cc",
}  # fmt: skip
_SUFFIXES = (".h", ".zig")


def sdk_folder(language: str = "cpp") -> Path:
    """The folder to compile with: it holds `tamis/http.h`, `proxy_wasm.h`, `proxy_wasm.zig`, or,
    "native", the shim's sources.

    Raises Fault if it is gone.
    """
    package = Path(__file__).resolve().parents[1]
    for place in (package / "sdk" / language, package.parents[1] / "sdk" / language):
        if (place / _KNOWN_BY[language]).is_file():
            return place
    raise Fault(
        f"the SDK's {language} files are neither in {package} nor beside it",
        advice="Install tamis again: its SDK is missing.",
    )


def sdk_digest(language: str = "cpp") -> str:
    """SHA-256 over the names and bytes of all its sources, in hexadecimal."""
    folder = sdk_folder(language)
    digest = hashlib.sha256()
    for file in sorted(each for each in folder.rglob("*") if each.suffix in _SUFFIXES):
        digest.update(f"{file.relative_to(folder).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
