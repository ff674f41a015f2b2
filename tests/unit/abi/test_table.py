"""The table, and the C++ header made from it."""

import subprocess
import sys
from pathlib import Path

from tamis.abi import table

ROOT = Path(__file__).resolve().parents[3]


def test_the_generated_header_is_up_to_date():
    command = [sys.executable, str(ROOT / "scripts" / "generate_abi.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_imports():
    imports = table.imports()
    assert len(imports) == 91
    assert imports["proxy_log"] == table.Import(
        "proxy_log", ("env",), "iii", "i", ("0.1.0", "0.2.0", "0.2.1")
    )
    assert imports["fd_pread"].since == 39
    assert imports["fd_pread"].modules == ("wasi_snapshot_preview1", "wasi_unstable")
    assert imports["proxy_get_log_level"].abis == ("0.2.1",)


def test_callbacks():
    headers = table.callbacks()["proxy_on_request_headers"]
    assert (headers.params["0.1.0"], headers.params["0.2.1"]) == ("ii", "iii")
    assert table.callbacks()["proxy_on_foreign_function"].abis == ("0.2.0", "0.2.1")


def test_markers():
    assert table.markers()["proxy_abi_version_0_2_1"] == "0.2.1"
