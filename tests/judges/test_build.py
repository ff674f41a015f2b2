"""Building tamis where there is no compiler: ziglang becomes one."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.judge


# zig compiles its C++ library once, in minutes, and keeps it in its cache.
@pytest.mark.timeout(900)
def test_without_a_compiler_ziglang_is_the_compiler(root: Path, tmp_path: Path):
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", tmp_path, root]
    environment = {**os.environ, "CXX": "/bin/false"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("tamis-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    names = {path.name for path in (tmp_path / "site" / "tamis").iterdir()}
    assert {"py.typed", "sdk", "schemas", "profiles"} <= names
    # -S keeps the installed tamis away; its dependencies come by the path that follows ours.
    code = "import tamis; print(tamis.__file__); print([d.found for d in tamis.doctor()][1])"
    libraries = next(path for path in sys.path if path.endswith("site-packages"))
    paths = os.pathsep.join([str(tmp_path / "site"), libraries])
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    where, core = done.stdout.splitlines()
    assert where.startswith(str(tmp_path))
    assert core.startswith("wasmtime ")
