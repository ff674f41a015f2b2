"""Judges in JavaScript, of npm's packages: Sigstore's own verifier."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.conftest import tool
from tests.kept import kept

__all__ = ["sigstore"]

_HERE = Path(__file__).parent / "judges" / "sigstore"


def sigstore() -> Path:
    """The program of tests/judges/sigstore, beside the packages that its lock file pins."""
    sources = sorted(each for each in _HERE.iterdir() if each.is_file())
    key = hashlib.sha256(b"".join(each.read_bytes() for each in sources))

    def install(folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for each in sources:
            shutil.copy(each, folder)
        command = [tool("npm"), "ci", "--silent", "--ignore-scripts"]
        ran = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        assert ran.returncode == 0, (ran.stdout + ran.stderr).decode()

    return kept(f"sigstore-{key.hexdigest()[:16]}", install) / "verify.js"
