"""Several tamis at once, and ends at any moment: no Envoy outlives them, nothing is mixed up."""

import json
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
import wasmtime
from tests.processes import until

pytestmark = [
    pytest.mark.alone,
    pytest.mark.envoy,
]

_TAMIS = (sys.executable, "-m", "tamis")
# Says which it is, in a header and in its log.
_MODULE = """
(module
  (import "env" "proxy_add_header_map_value"
    (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "x-which{which}")
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (call $log (i32.const 3) (i32.const 7) (i32.const 1)))
    (call $add (i32.const 0) (i32.const 0) (i32.const 7) (i32.const 7) (i32.const 1))))
"""
_FIXTURE = """
exchanges:
- request: {{headers: [[":method", GET], [":path", /]]}}
  expect: {{request: {{headers: {{set: {{x-which: ["{which}"]}}}}}}}}
"""


def module(which: int, folder: Path) -> Path:
    file = folder / f"which{which}.wasm"
    file.write_bytes(wasmtime.wat2wasm(_MODULE.format(which=which)))
    return file


@contextmanager
def running(file: Path, **options) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [*_TAMIS, "run", str(file), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options) as child:
        try:
            assert child.stdout
            yield child, json.loads(child.stdout.readline())["serving"]["url"]
        finally:
            child.kill()


def test_eight_side_by_side_serve_each_its_own(tmp_path: Path, here: Path, left: Callable):
    with ExitStack() as stack:
        files = [module(which, tmp_path) for which in range(8)]
        children = [stack.enter_context(running(file)) for file in files]
        urls = [url for _, url in children]
        assert len(set(urls)) == 8
        for which, (child, url) in enumerate(children):
            for _ in range(5):
                with urlopen(url, timeout=20) as response:
                    assert ["x-which", str(which)] in json.load(response)["headers"]
            said = [json.loads(child.stdout.readline()) for _ in range(5)]
            told = {"level": "warn", "filter": f"which{which}", "message": str(which)}
            assert said == [{"log": told}] * 5
        for number, (child, _) in enumerate(children):
            child.send_signal(signal.SIGKILL if number % 2 else signal.SIGTERM)
    until(lambda: not left())


def test_eight_tests_at_once_mix_nothing_up(tmp_path: Path, left: Callable):
    children = []
    for which in range(8):
        fixture = tmp_path / f"f{which}.yaml"
        fixture.write_text(_FIXTURE.format(which=which))
        command = ("test", module(which, tmp_path), "--fixtures", fixture, "--host", "envoy")
        children.append(
            subprocess.Popen(
                [*_TAMIS, *map(str, command), "--json"], stdout=subprocess.PIPE, text=True
            )
        )
    for which, child in enumerate(children):
        out, _ = child.communicate(timeout=120)
        (run,) = json.loads(out)["runs"]
        assert child.returncode == 0
        assert [line["message"] for line in run["outcome"]["logs"]] == [str(which)]
    assert not left()


@pytest.mark.parametrize("verb", ["run", "test"])
def test_a_kill_at_any_moment_leaves_nothing(verb: str, tmp_path: Path, here: Path, left: Callable):
    file = module(1, tmp_path)
    fixture = tmp_path / "f.yaml"
    fixture.write_text(_FIXTURE.format(which=1))
    more = ("--fixtures", str(fixture), "--host", "envoy") if verb == "test" else ()
    chance = random.Random(7)
    for _ in range(12):
        child = subprocess.Popen(
            [*_TAMIS, verb, str(file), *more],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(0.2, 1.6))
        child.kill()
        child.wait()
    # Nobody removes a folder whose owner died before it had a supervisor, but whoever comes next.
    subprocess.run([*_TAMIS, "test", file, "--fixtures", fixture, "--host", "envoy"], check=True)
    until(lambda: not left())


@pytest.mark.parametrize("gigabytes", [2, 4, 8])
def test_without_memory_there_is_an_error_and_no_process_left(
    gigabytes: int, tmp_path: Path, left: Callable[[], set[str]]
):
    def little() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (gigabytes << 30, gigabytes << 30))

    child = subprocess.run(
        [*_TAMIS, "run", str(module(1, tmp_path)), "--json"],
        preexec_fn=little,
        capture_output=True,
        text=True,
        check=False,
    )
    (problem,) = json.loads(child.stdout)["problems"]
    assert child.returncode in (1, 2, 3, 4)
    assert problem["message"]
    assert "Traceback" not in child.stderr
    until(lambda: not [each for each in left() if each.isdigit()])
