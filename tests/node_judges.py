"""Judges in JavaScript, of npm's packages: Sigstore's own verifier."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.conftest import tool
from tests.go_judges import CACHE

__all__ = ["sigstore"]

_HERE = Path(__file__).parent / "judges" / "sigstore"


def sigstore() -> Path:
    """The program of tests/judges/sigstore, beside the packages that its lock file pins."""
    sources = sorted(each for each in _HERE.iterdir() if each.is_file())
    key = hashlib.sha256(b"".join(each.read_bytes() for each in sources))
    target = CACHE / f"sigstore-{key.hexdigest()[:16]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / ".sigstore.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two test runs, one installs
        if not target.exists():
            unfinished = target.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            for each in sources:
                shutil.copy(each, unfinished)
            command = [tool("npm"), "ci", "--silent", "--ignore-scripts"]
            ran = subprocess.run(command, cwd=unfinished, capture_output=True, check=False)
            assert ran.returncode == 0, (ran.stdout + ran.stderr).decode()
            unfinished.rename(target)
    return target / "verify.js"
