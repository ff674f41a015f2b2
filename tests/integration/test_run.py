"""`tamis run` as a process: it serves, swaps what changes, keeps what works, and leaves nothing."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue
from urllib.request import urlopen

import jsonschema
import pytest
import wasmtime
from tests.processes import command

import tamis
from tamis import schemas
from tamis.errors import BadInput, Rejected

pytestmark = pytest.mark.envoy

# Adds x-version to requests; `{start}` runs in on_configure, `{request}` in on_request_headers.
_MODULE = """
(module
  (import "env" "proxy_add_header_map_value"
    (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "x-version{version}says hello")
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_configure") (param i32 i32) (result i32) {start} (i32.const {starts}))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    {request}
    (drop (call $log (i32.const 3) (i32.const 10) (i32.const 10)))
    (call $add (i32.const 0) (i32.const 0) (i32.const 9) (i32.const 9) (i32.const 1))))
"""
_FOREVER = "(loop (br 0))"


def module(version: int, start: str = "", request: str = "", *, starts: bool = True) -> bytes:
    text = _MODULE.format(version=version, start=start, request=request, starts=int(starts))
    return bytes(wasmtime.wat2wasm(text))


class Process:
    """A running `tamis run --json`: its objects come one by one."""

    def __init__(self, *arguments: object) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tamis", "run", *map(str, arguments), "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._objects: Queue[dict] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.serving: dict = {}

    def _read(self) -> None:
        for line in self.child.stdout:
            self._objects.put(json.loads(line))

    def next(self, wanted: Callable[[dict], bool] = lambda told: "verb" in told) -> dict:
        """The next object that is wanted; by default, that of a turn."""
        end = time.monotonic() + 60
        while True:
            try:
                told = self._objects.get(timeout=0.1)
            except Empty:
                assert self.child.poll() is None, self.child.stderr.read()
                assert time.monotonic() < end
                continue
            if "verb" in told:
                jsonschema.validate(told, schemas.of_output("run"))
            if wanted(told):
                return told

    def begin(self) -> "Process":
        self.serving = self.next()["serving"]
        return self

    def headers(self) -> list[list[str]]:
        with urlopen(self.serving["url"], timeout=10) as response:
            return json.load(response)["headers"]

    def end(self, number: int = signal.SIGINT) -> int:
        self.child.send_signal(number)
        self.child.communicate(timeout=20)
        return self.child.returncode


@pytest.fixture
def started() -> Iterator[Callable[..., Process]]:
    processes: list[Process] = []

    def start(*arguments: object) -> Process:
        processes.append(Process(*arguments))
        return processes[-1]

    yield start
    for process in processes:
        process.child.kill()
        process.child.communicate()


def test_a_changed_module_is_swapped_and_a_bad_one_is_told(
    tmp_path: Path, started: Callable[..., Process]
):
    file = tmp_path / "filter.wasm"
    file.write_bytes(module(1))
    process = started(file).begin()
    assert ["x-version", "1"] in process.headers()
    said = process.next(lambda told: "log" in told)
    assert said["log"] == {"level": "warn", "filter": "filter", "message": "says hello"}

    file.write_bytes(module(2))
    (swapped,) = process.next()["loaded"]
    assert (swapped["new"], swapped["refused"]) == (["module"], None)
    assert ["x-version", "2"] in process.headers()

    for bad, why in (
        (module(3, starts=False), "on_configure failed"),
        (module(3, start="unreachable"), "on_configure: Uncaught RuntimeError: unreachable"),
        (module(3, start=_FOREVER), "on_configure does not return"),
        (b"\0asm\1\0\0\0", "Missing or unknown Proxy-Wasm ABI version"),
    ):
        file.write_bytes(bad)
        turn = process.next()
        assert turn["ok"] is False
        assert turn["loaded"][0]["refused"].startswith(why)
        assert why in turn["problems"][0]["message"]
        assert ["x-version", "2"] in process.headers()

    file.write_bytes(b"no module at all")
    turn = process.next()
    assert (turn["ok"], turn["problems"][0]["kind"]) == (False, "bad-input")
    assert ["x-version", "2"] in process.headers()

    file.write_bytes(module(4))
    assert process.next()["ok"] is True
    assert ["x-version", "4"] in process.headers()
    assert process.end() == 0


def test_requests_in_flight_outlive_a_swap_and_ends_leave_nothing(
    tmp_path: Path, left: Callable[[], set[str]], started: Callable[..., Process]
):
    file = tmp_path / "filter.wasm"
    file.write_bytes(module(1))
    process = started(file).begin()
    assert left()
    for version in (2, 3):
        file.write_bytes(module(version))
        process.next()
    assert process.end(signal.SIGTERM) == 143
    assert left() == set()


def test_a_hanging_filter_is_told_and_mended(tmp_path: Path, started: Callable[..., Process]):
    file = tmp_path / "filter.wasm"
    file.write_bytes(module(1, request=_FOREVER))
    process = started(file).begin()
    with pytest.raises(OSError, match="timed out"):
        urlopen(process.serving["url"], timeout=0.5)
    hung = process.next(lambda told: "hangs" in told)
    assert hung == {"hangs": True}
    file.write_bytes(module(2))
    turn = process.next()
    assert turn["ok"] is True
    assert ["x-version", "2"] in process.headers()  # on the same port
    assert process.end() == 0


def test_an_envoy_that_dies_ends_the_run(
    tmp_path: Path, left: Callable[[], set[str]], started: Callable[..., Process]
):
    file = tmp_path / "filter.wasm"
    file.write_bytes(module(1))
    process = started(file).begin()
    ids = [each for each in left() if each.isdigit()]
    (envoy,) = (each for each in ids if b"supervisor.py" not in command(each))
    os.kill(int(envoy), signal.SIGSEGV)
    told = process.next(lambda told: told.get("ok") is False)
    assert "Envoy ended with SIGSEGV" in told["problems"][0]["message"]
    process.child.communicate(timeout=20)
    assert process.child.returncode == 1
    kept = Path(told["problems"][0]["advice"].rpartition(" in ")[2].rstrip("."))
    assert (kept / "envoy.log").is_file()
    shutil.rmtree(kept)
    assert left() == set()


def test_several_filters_are_a_chain_with_a_configuration_each(tmp_path: Path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.wasm").write_bytes(module(1 if name == "one" else 2))
    config = tmp_path / "config.json"
    config.write_text("{}")
    names = [str(tmp_path / "one.wasm"), str(tmp_path / "two.wasm")]
    with tamis.run(names, configs={"two": config}) as running:
        with urlopen(running.serving.url) as response:
            versions = [pair for pair in json.load(response)["headers"] if pair[0] == "x-version"]
        assert versions == [["x-version", "1"], ["x-version", "2"]]
        config.write_text('{"a": 1}')
        (loaded,) = running.refresh()
        assert (loaded.name, loaded.what, loaded.refused) == ("two", ("configuration",), "")
        assert running.refresh() == ()
        assert running.traffic().requests == 1
        moved = (tmp_path / "two.wasm").rename(tmp_path / "away")
        with pytest.raises(BadInput, match=r"cannot read .*two\.wasm"):
            running.refresh()
        moved.rename(tmp_path / "two.wasm")
    with (
        pytest.raises(BadInput, match="which of the filters"),
        tamis.run(names[:1] * 2, configs={"": config}),
    ):
        pass
    with (
        pytest.raises(BadInput, match="there is no such filter"),
        tamis.run(names[:1], configs={"three": config}),
    ):
        pass


def test_a_configuration_is_held_against_the_schema_before_it_is_swapped(
    hello: Path, tmp_path: Path
):
    config = tmp_path / "config.json"
    config.write_text('{"greeting": "ho"}')
    with tamis.run([str(hello)], configs={"": config}, quick=True) as running:
        with urlopen(running.serving.url) as response:
            assert ["x-hello", "world"] in json.load(response)["headers"]
        config.write_text('{"greeting": 5}')
        with pytest.raises(BadInput, match=r"\$\.greeting") as caught:
            running.refresh()
        assert caught.value.at
        assert caught.value.at.file == config


def test_filters_call_the_clusters_that_are_named(tmp_path: Path):
    text = """
    (module
      (import "env" "proxy_http_call"
        (func $call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "authz")
      (data (i32.const 16) "\\03\\00\\00\\00\\07\\00\\00\\00\\03\\00\\00\\00\\05\\00\\00\\00"
        "\\06\\00\\00\\00\\0a\\00\\00\\00\\01\\00\\00\\00")
      (data (i32.const 44) ":method\\00GET\\00:path\\00/check\\00:authority\\00a\\00")
      (func (export "malloc") (param i32) (result i32) (i32.const 1024))
      (func (export "proxy_abi_version_0_2_1"))
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (drop (call $call (i32.const 0) (i32.const 5) (i32.const 16) (i32.const 66) (i32.const 0)
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 5000) (i32.const 512)))
        (i32.const 0)))
    """
    file = tmp_path / "caller.wasm"
    file.write_bytes(wasmtime.wat2wasm(text))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with tamis.run([str(file)], clusters={"authz": url}) as running:
            urlopen(running.serving.url).close()
            called, _ = server.accept()
            with called:
                assert called.recv(4096).startswith(b"GET /check HTTP/1.1\r\n")
    with pytest.raises(BadInput, match="--cluster authz 'ftp://a'"):
        tamis.run([str(file)], clusters={"authz": "ftp://a"})
    with pytest.raises(BadInput, match="that is where requests go"):
        tamis.run([str(file)], clusters={"upstream": url})


def test_what_cannot_start_is_an_error_with_advice(tmp_path: Path, left: Callable[[], set[str]]):
    file = tmp_path / "filter.wasm"
    file.write_bytes(module(1, starts=False))
    with (
        pytest.raises(Rejected, match="Envoy does not take filter: on_configure failed") as caught,
        tamis.run([str(file)]),
    ):
        pass
    assert "tamis check" in caught.value.advice()
    assert left() == set()
