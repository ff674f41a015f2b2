"""Which wasmtime the core works with."""

import subprocess
import sys
from pathlib import Path

import pytest

from tamis import _core
from tamis.errors import Missing
from tamis.host import engine


def test_the_installed_one_works():
    library = engine.open_library(engine.find_library(), engine.wasmtime_version())
    assert isinstance(library, _core.Library)
    assert engine.label() == f"wasmtime {engine.wasmtime_version()}"


@pytest.mark.parametrize("version", ["47.9.9", "52.0.0", "1.0", "unknown"])
def test_a_version_out_of_range_is_named(version):
    with pytest.raises(Missing) as caught:
        engine.open_library(engine.find_library(), version)
    assert str(caught.value) == f"wasmtime {version} cannot be used (supported: >=48,<52)"
    assert caught.value.advice() == "Run pip install 'wasmtime>=48,<52'."
    assert caught.value.exit_code == 3


def test_a_library_that_lacks_a_symbol_is_named():
    with pytest.raises(Missing, match=r"wasmtime 50\.0\.0 cannot be used .*: no symbol wasm"):
        engine.open_library(Path(_core.__file__), "50.0.0")


def test_a_library_that_is_none(tmp_path):
    (tmp_path / "lib.so").write_text("nothing")
    with pytest.raises(Missing, match="cannot be used"):
        engine.open_library(tmp_path / "lib.so", "50.0.0")


def test_a_fault_handler_installed_later_does_no_harm(tmp_path):
    root = Path(__file__).resolve().parents[3]
    script = """
import faulthandler
from tamis import host
from tamis.host import engine
engine.open_library(engine.find_library(), engine.wasmtime_version())
faulthandler.enable()
from wasmtime import wat2wasm
m = wat2wasm('(module (func (export "proxy_abi_version_0_2_1")) (memory (export "memory") 1)'
  ' (func (export "malloc") (param i32) (result i32) i32.const 0)'
  ' (func (export "_initialize") unreachable))')
print(host.load(bytes(m)).reason)
"""
    environment = {"PYTHONPATH": str(root / "src"), "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "unreachable" in done.stdout


def test_another_envoy_is_named():
    assert engine.label("1.38") == f"{engine.label()} as envoy 1.38"
    assert engine.label(engine.NEWEST) == engine.label()
