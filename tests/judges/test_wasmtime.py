"""The host core works with every wasmtime that tamis allows: the oldest, and those between."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.judge


@pytest.mark.parametrize("version", ["48.0.0", "49.0.0"])
def test_the_host_tests_pass_with_an_older_wasmtime(version: str, root: Path, tmp_path: Path):
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", tmp_path]
    subprocess.run([*install, f"wasmtime=={version}"], check=True)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "c")}
    label = [sys.executable, "-c", "from tamis import host; print(host.label())"]
    told = subprocess.run(label, env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == f"wasmtime {version}"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", root / "tests/unit/host"],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
