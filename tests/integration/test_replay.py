"""`tamis replay`, as a user and a script meet it."""

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import jsonschema
import pytest
import wasmtime

import tamis
from tamis import schemas

#: Traps on the third exchange where the plugin has a configuration.
MODULE = wasmtime.wat2wasm(
    """(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $left (mut i32) (i32.const 0))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) i32.const 4096)
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (if (local.get 1) (then (global.set $left (i32.const 3)))) i32.const 1)
  (func $tired unreachable)
  (func (export "proxy_on_log") (param i32)
    (drop (call $log (i32.const 2) (i32.const 0) (local.get 0)))
    (global.set $left (i32.sub (global.get $left) (i32.const 1)))
    (if (i32.eqz (global.get $left)) (then (call $tired)))))"""
)
STEPS = 'exchanges: [{request: {headers: [[":method", GET], [":path", /]]}}]\n'


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module, and two fixtures beside it."""
    (tmp_path / "logs.wasm").write_bytes(MODULE)
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures" / "one.yaml").write_text(f"name: one\n{STEPS}")
    (tmp_path / "fixtures" / "two.yaml").write_text(f"name: two\nseed: 1\n{STEPS}")
    return tmp_path / "logs.wasm"


@pytest.fixture
def told(module: Path, tamis_cli):
    """Runs it with options."""
    command = ("replay", module, "--fixtures", module.parent / "fixtures")
    return lambda *options: tamis_cli(*command, *options)


def _object(ended) -> dict:
    value = json.loads(ended.out)
    jsonschema.validate(value, schemas.of_output("replay"))
    return value


def test_figures_that_repeat_on_any_number_of_threads(told):
    """The module logs the ids of its contexts: what a VM did before would be seen."""
    seen = []
    for threads in (1, 2, 3):
        ended = told("--repeat", 5000, "--threads", threads, "--fuel", "--json")
        (value,) = _object(ended)["replays"]
        assert (ended.code, value["exchanges"], value["threads"]) == (0, 10_000, threads)
        assert value["vms"] == 10
        seen.append({key: value[key] for key in ("hash", "crossings", "counts", "vms")})
    assert seen[0]["counts"]["calls"]["proxy_log"] == 10_000
    assert seen[0]["counts"]["fuel"] > 0
    assert seen == [seen[0]] * 3


def test_a_person_reads_it_too(told):
    ended = told("--repeat", 10, "--only", "one")
    assert ended.code == 0
    assert ended.out.startswith("ok logs: replayed in wasmtime ")
    for word in ("exchanges  10 of 1 fixture", "rate ", "hash ", "(2.00 an exchange)"):
        assert word in ended.out, ended.out


def test_a_trap_is_a_verdict(module: Path, told):
    (module.parent / "fixtures" / "two.yaml").write_text(f"name: two\nconfig: x\n{STEPS}")
    ended = told("--repeat", 3000)
    assert ended.code == 1
    assert "two: trap unreachable in proxy_on_log" in ended.out
    assert "    at tired\n" in ended.out
    value = _object(told("--repeat", 3000, "--json"))
    assert [each["kind"] for each in value["problems"]] == ["replay"]
    (broken,) = value["replays"][0]["broken"]
    assert (broken["fixture"], broken["trap"]["frames"][0]) == ("two", "tired")


@pytest.mark.parametrize("option", ["--repeat", "--threads"])
def test_numbers_that_mean_nothing(option: str, told):
    assert told(option, 0).code == 2


def test_processes_give_what_threads_give(module: Path):
    """Any executor will do: what it is given and gives back travels."""
    (subject,) = tamis.subject(str(module))
    options = {"folder": module.parent / "fixtures", "repeat": 2000}
    here = tamis.replay(subject, **options)
    with ProcessPoolExecutor(2) as pool:
        there = tamis.replay(subject, executor=pool, **options)
    assert (here.total.hash, here.total.counts) == (there.total.hash, there.total.counts)


def test_without_dask_it_says_how_to_get_it(told, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    ended = told("--dask", "tcp://127.0.0.1:1")
    assert (ended.code, "tamis[dask]" in ended.err) == (3, True)


def test_ctrl_c_ends_it_within_a_second(module: Path):
    command = [sys.executable, "-m", "tamis", "replay", module, "--repeat", str(10**9)]
    process = subprocess.Popen(
        [*command, "--fixtures", module.parent / "fixtures", "--threads", "2", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    time.sleep(2)
    sent = time.perf_counter()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert time.perf_counter() - sent < 1
    assert json.loads(out)["problems"][0]["kind"] == "interrupted"
