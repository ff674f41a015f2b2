"""Where the SDK's headers are: beside the sources in a checkout, inside an installed package."""

import hashlib
from pathlib import Path

from tamis.errors import Fault

__all__ = ["sdk_digest", "sdk_folder"]


def sdk_folder() -> Path:
    """The folder to compile with as `-I`: it holds `tamis/http.h`. Raises Fault if it is gone."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "sdk" / "cpp", package.parents[1] / "sdk" / "cpp"):
        if (folder / "tamis" / "http.h").is_file():
            return folder
    raise Fault(
        f"the SDK's headers are neither in {package} nor beside it",
        advice="Install tamis again: its SDK is missing.",
    )


def sdk_digest() -> str:
    """SHA-256 over the names and bytes of all headers, in hexadecimal."""
    folder = sdk_folder()
    digest = hashlib.sha256()
    for header in sorted(folder.rglob("*.h")):
        digest.update(f"{header.relative_to(folder).as_posix()}\0".encode())
        digest.update(hashlib.sha256(header.read_bytes()).digest())
    return digest.hexdigest()
