"""Upgrades under load in a real Envoy: what is lost is seen, and where nothing is, nothing is."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import wasmtime
from jsonschema import Draft202012Validator
from tests.conftest import Ended
from tests.processes import until

import tamis
from tamis.envoy import Binary
from tamis.envoy.live.gate import Gate
from tamis.envoy.process import Process
from tamis.errors import BadInput, Rejected
from tamis.model.rehearsed import Rehearsed
from tamis.rehearsals import rehearse as conductor
from tamis.rehearsals.candidate import Candidate
from tamis.rehearsals.exchanged import Exchanged
from tamis.rehearsals.moves import Move
from tamis.rehearsals.rehearse import Setting
from tamis.schemas import load
from tamis.verbs.subject import Subject

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(sys.platform != "linux", reason="the load client is Linux's alone"),
]

#: Answers name the module, and its configuration; one that begins with "!" is refused.
FILTER = """(module
  (import "env" "proxy_add_header_map_value"
    (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes"
    (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "x-version") (data (i32.const 32) "%(name)s")
  (data (i32.const 64) "x-config")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_configure") (param $context i32) (param $size i32) (result i32)
    (if (i32.eqz (local.get $size)) (then (return (i32.const 1))))
    (drop (call $get (i32.const 7) (i32.const 0) (local.get $size) (i32.const 80) (i32.const 84)))
    (i32.ne (i32.load8_u (i32.load (i32.const 80))) (i32.const 33)))
  (global $asked (mut i32) (i32.const 0))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (global.set $asked (i32.add (global.get $asked) (i32.const 1)))
    (if (i32.gt_u (global.get $asked) (i32.const %(breaks)d)) (then unreachable))
    (i32.const 0))
  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
    (drop (call $add (i32.const 2) (i32.const 16) (i32.const 9) (i32.const 32)
      (i32.const %(length)d)))
    (drop (call $add (i32.const 2) (i32.const 64) (i32.const 8)
      (i32.load (i32.const 80)) (i32.load (i32.const 84))))
    (i32.const 0)))"""
SETTING = Setting(rate=300, swaps=4, hold=0.15, calm=0.3)


def module(name: str, *, breaks: int = 1 << 30) -> bytes:
    text = FILTER % {"name": name, "length": len(name), "breaks": breaks}
    return bytes(wasmtime.wat2wasm(text))


@pytest.fixture
def subject(tmp_path: Path) -> Callable[..., Subject]:
    def make(name: str, content: bytes | None = None) -> Subject:
        path = tmp_path / f"{name}.wasm"
        path.write_bytes(module(name) if content is None else content)
        return tamis.subject(str(path))[0]

    return make


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where all that is temporary goes; short, as sockets lie there."""
    folder = Path("/tmp") / f"rt-{os.getpid()}-{time.monotonic_ns() % 10**6}"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def shared() -> set[str]:
    return {path.name for path in Path("/dev/shm").glob("envoy_shared_memory_*")}


def whole(done: Rehearsed) -> bool:
    return (done.lost, done.wrong, done.unsent) == (0, 0, 0) and done.requests == done.answered


def test_a_hundred_swaps_lose_nothing(subject: Callable[..., Subject]) -> None:
    setting = Setting(swaps=100, hold=0.06, calm=0.3)
    done = tamis.rehearse(subject("old"), subject("newer"), setting=setting)
    assert done.ok
    assert whole(done)
    assert (done.told.requests, done.told.apart) == (1, 1)
    assert [each.to for each in done.swaps] == ["new", "old"] * 50
    assert all(each.taken_ms for each in done.swaps)
    assert all(each.vms == 4 for each in done.swaps)  # Envoy's, the main thread's, two workers'
    # Between two swaps of a machine that stalls nobody may be asked.
    assert sum(each.both_ms is not None for each in done.swaps) > 50
    counted = {kind: sum(counts) for kind, counts in done.timeline.items()}
    assert counted["old"] > 0
    assert counted["new"] > 0
    assert (counted["either"], counted["neither"], counted["failed"]) == (0, 0, 0)
    assert sum(counted.values()) == done.requests
    assert done.growth
    assert done.growth.leaks is False
    assert done.growth.vms_left == 0


def test_only_the_configuration_changes(subject: Callable[..., Subject]) -> None:
    old = subject("same")
    done = tamis.rehearse(old, config=b"one", new_config=b"two", setting=SETTING)
    assert done.ok
    assert whole(done)
    assert done.told.apart == 1
    assert done.old.digest == done.new.digest
    assert done.old.config != done.new.config


def test_what_does_not_load_leaves_the_old_one_in_place(subject: Callable[..., Subject]) -> None:
    bad = module("bad").replace(b"proxy_abi_version_0_2_1", b"proxy_abi_version_0_9_9")
    done = tamis.rehearse(subject("old"), subject("bad", bad), setting=SETTING)
    assert not done.ok
    assert whole(done)
    assert done.refused == "Missing or unknown Proxy-Wasm ABI version"
    assert [each.refused is None for each in done.swaps] == [False]
    assert sum(done.timeline["old"]) == done.requests


@pytest.mark.parametrize("way", ["filter", "restart"])
def test_a_refused_configuration_leaves_the_old_one_in_place(
    way: str, subject: Callable[..., Subject], scratch: Path
) -> None:
    before = shared()
    setting = Setting(rate=300, swaps=4, calm=0.3, way=way)  # type: ignore[arg-type]
    done = tamis.rehearse(subject("old"), new_config=b"!no", setting=setting)
    assert not done.ok
    assert whole(done)
    assert done.refused == "on_configure failed"
    assert sum(done.timeline["old"]) == done.requests > 0
    assert list(scratch.iterdir()) == []
    assert shared() <= before
    scratch.rmdir()


def test_what_breaks_under_load_is_named_and_healed(subject: Callable[..., Subject]) -> None:
    done = tamis.rehearse(
        subject("old"), subject("weak", module("weak", breaks=5)), setting=SETTING
    )
    assert not done.ok
    assert done.lost > 0
    assert {(each.what, each.during) for each in done.losses} <= {
        ("status 503", "new"),
        ("status 503", "swap"),
    }
    assert {(each.side, each.callback) for each in done.broken} == {
        ("new", "proxy_on_request_headers")
    }
    assert "unreachable" in done.broken[0].text
    assert done.healed is True
    assert any("NEW breaks when it is asked alone" in note for note in done.notes)
    assert done.wrong == 0


def test_what_breaks_under_load_alone(subject: Callable[..., Subject]) -> None:
    """Each of two VMs has answered less than 160 requests when NEW was asked alone."""
    weak = subject("weak", module("weak", breaks=160))
    done = tamis.rehearse(subject("old"), weak, setting=Setting(rate=300, swaps=2, hold=1.6))
    assert not done.ok
    assert done.notes == ()
    assert done.told.apart == 1
    assert {each.what for each in done.losses} == {"status 503"}
    assert done.losses[0].during == "new"
    assert done.broken[0].side == "new"
    assert (done.healed, done.wrong) == (True, 0)
    assert sum(done.timeline["new"]) > 0


def test_envoy_restarts_and_loses_nothing(subject: Callable[..., Subject], scratch: Path) -> None:
    before = shared()
    setting = Setting(swaps=2, calm=0.3, way="restart")
    done = tamis.rehearse(subject("old"), subject("newer"), setting=setting)
    assert done.ok
    assert whole(done)
    assert [each.to for each in done.swaps] == ["new", "old"]
    assert all(each.taken_ms and each.taken_ms > 1000 for each in done.swaps)
    assert sum(done.timeline["new"]) > 0
    assert list(scratch.iterdir()) == []
    assert shared() <= before
    scratch.rmdir()


# What a rehearsal would overlook if it could not fail.


class Liar(Exchanged):
    """Says that it has swapped, and has not."""

    armed = False

    def put(self, version: Candidate) -> Move:
        now = time.monotonic_ns()
        return Move(version.side, now, now) if self.armed else super().put(version)


class Stranger(Exchanged):
    """Puts something in place that neither is."""

    armed = False

    def put(self, version: Candidate) -> Move:
        if self.armed:
            version = Candidate(
                version.side, version.shown, module("other"), version.plugin, version.config
            )
        return super().put(version)


class Careless(Exchanged):
    """Ends Envoy, then starts another one with the next version."""

    armed = False

    def put(self, version: Candidate) -> Move:
        if not self.armed:
            return super().put(version)
        ordered = time.monotonic_ns()
        old = self.gate
        port = self.port
        old.close()
        self.gate = Gate(old.process.binary, port=port, workers=2, level="warning").__enter__()
        old.close = self.gate.close  # type: ignore[method-assign]
        self.gate.put("guest", version.module, version.plugin, version.config)
        return Move(version.side, ordered, time.monotonic_ns())


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Callable[[type], None]:
    """Take that instead of what swaps; it is armed once both versions were asked alone."""

    def take(kind: type) -> None:
        ask = conductor.alone

        def asked(*arguments):
            found = ask(*arguments)
            monkeypatch.setattr(kind, "armed", True)
            return found

        monkeypatch.setattr(conductor, "Exchanged", kind)
        monkeypatch.setattr(conductor, "alone", asked)

    return take


def test_answers_of_the_version_out_of_place_are_seen(
    subject: Callable[..., Subject], double: Callable[[type], None]
) -> None:
    double(Liar)
    done = tamis.rehearse(subject("old"), subject("newer"), setting=SETTING)
    assert not done.ok
    assert done.stale > 0
    assert (done.lost, done.unknown) == (0, 0)
    assert all(each.first_ms is None for each in done.swaps if each.to == "new")


def test_answers_of_neither_version_are_seen(
    subject: Callable[..., Subject], double: Callable[[type], None]
) -> None:
    double(Stranger)
    done = tamis.rehearse(subject("old"), subject("newer"), setting=SETTING)
    assert not done.ok
    assert done.unknown > 0
    assert (done.lost, done.stale) == (0, 0)


def test_requests_that_meet_nobody_are_seen(
    subject: Callable[..., Subject], double: Callable[[type], None]
) -> None:
    double(Careless)
    setting = Setting(rate=300, swaps=1, calm=0.3)
    done = tamis.rehearse(subject("old"), subject("newer"), setting=setting)
    assert not done.ok
    assert done.lost > 10
    assert {each.what.split()[0] for each in done.losses} == {"connection"}
    assert "connection refused" in {each.what for each in done.losses}
    assert sum(done.timeline["failed"]) == done.lost
    assert sum(done.timeline["new"]) > 0  # and then it went on


def test_an_envoy_that_ends_is_named(
    subject: Callable[..., Subject], scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes: list[Process] = []
    start = Process.__init__

    def spied(self, *arguments, **options):
        start(self, *arguments, **options)
        processes.append(self)

    put = Exchanged.put

    def killing(self, version: Candidate) -> Move:
        found = put(self, version)
        if len(killed) == 4:  # OLD and NEW alone, OLD again, and the first swap
            os.kill(processes[0].pid, signal.SIGKILL)
        killed.append(version.side)
        return found

    killed: list[str] = []
    monkeypatch.setattr(Process, "__init__", spied)
    monkeypatch.setattr(Exchanged, "put", killing)
    done = tamis.rehearse(subject("old"), subject("newer"), setting=SETTING)
    assert not done.ok
    assert done.crashed
    assert done.crashed.startswith("Envoy ended with SIGKILL")
    assert done.lost > 0
    (kept,) = scratch.iterdir()
    assert str(kept) in done.crashed
    until(lambda: not Path(f"/proc/{processes[0].pid}").exists())
    shutil.rmtree(scratch)


@pytest.mark.parametrize("way", [["--swaps=999"], ["--restart", "--swaps=9"]])
def test_ctrl_c_ends_all_of_it(
    way: list[str], subject: Callable[..., Subject], scratch: Path
) -> None:
    before = shared()
    paths = [str(subject(name).path) for name in ("old", "newer")]
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from tamis.cli.main import run; run(sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, "rehearse", *paths, *way, "--json"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def swaps() -> bool:
        """Both were asked alone, and OLD is in place again; or there are two Envoys."""
        slots = [json.loads(file.read_bytes()) for file in scratch.glob("*/ecds/guest/plugin.json")]
        orders = [int(slot["version_info"]) for slot in slots]
        return max(orders, default=0) > 4 or len([*scratch.glob("*/bootstrap.json")]) > 1

    until(swaps)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (130, b"")
    assert json.loads(out)["problems"][0]["kind"] == "interrupted"
    until(lambda: list(scratch.iterdir()) == [])
    assert shared() <= before
    scratch.rmdir()


def test_an_old_one_that_does_not_load_is_no_rehearsal(subject: Callable[..., Subject]) -> None:
    bad = module("bad").replace(b"proxy_abi_version_0_2_1", b"proxy_abi_version_0_9_9")
    with pytest.raises(BadInput, match="not taken by Envoy: Missing or unknown Proxy-Wasm ABI"):
        tamis.rehearse(subject("bad", bad), subject("newer"), setting=SETTING)


def test_one_that_never_finishes_starting_is_not_given_to_envoy(
    subject: Callable[..., Subject],
) -> None:
    text = FILTER % {"name": "x", "length": 1, "breaks": 1 << 30}
    text = text.replace("(if (i32.eqz (local.get $size))", "(loop (br 0)) (if (i32.const 0)")
    forever = subject("forever", bytes(wasmtime.wat2wasm(text)))
    with pytest.raises(Rejected, match="on_configure does not return"):
        tamis.rehearse(subject("old"), forever, setting=SETTING)


def test_an_old_one_that_ends_envoy_is_no_rehearsal(subject: Callable[..., Subject]) -> None:
    """A module without memory: Envoy 1.40 falls over its first header."""
    text = FILTER % {"name": "x", "length": 1, "breaks": 1 << 30}
    text = text.replace('(memory (export "memory") 2)', "(memory 2)")
    with pytest.raises(Rejected, match="alone: Envoy ended with SIG") as caught:
        tamis.rehearse(
            subject("x", bytes(wasmtime.wat2wasm(text))), subject("newer"), setting=SETTING
        )
    kept = caught.value.advice().rpartition(" ")[2].rstrip(".")
    shutil.rmtree(kept)


def test_the_same_twice_is_nothing_to_swap(
    subject: Callable[..., Subject], tamis_cli: Callable[..., Ended]
) -> None:
    path = subject("old").path
    done = tamis_cli("rehearse", path, path)
    assert done.code == 2
    assert "the same module with the same configuration" in done.err
    assert tamis_cli("rehearse", path).code == 2
    long = tamis_cli("rehearse", path, subject("newer").path, "--swaps=1000", "--rate=10000")
    assert (long.code, "more than 1,048,576 requests" in long.err) == (2, True)
    for wrong in ("no/slash", "/a b"):
        assert tamis_cli("rehearse", path, path, "--path", wrong, "--restart").code == 2


def test_fixtures_of_which_none_can_be_sent(
    subject: Callable[..., Subject], tamis_cli: Callable[..., Ended], tmp_path: Path
) -> None:
    folder = tmp_path / "fixtures"
    folder.mkdir()
    (folder / "reset.yaml").write_text(
        "name: reset\nexchanges:\n"
        "- request: {headers: [[':method', GET], [':path', /]]}\n  answer: {reset: true}\n"
    )
    paths = [subject(name).path for name in ("old", "newer")]
    done = tamis_cli("rehearse", *paths, "--fixtures", folder)
    assert done.code == 2
    assert "one side breaks it off" in done.err
    assert "--path /" in done.err
    assert tamis_cli("rehearse", *paths, "--fixtures", folder, "--path", "/").code == 2
    assert tamis_cli("rehearse", *paths, "--only", "x").code == 2
    assert tamis_cli("rehearse", *paths, "--envoy", folder).code == 2


def test_the_command_line_tells_it_all(
    subject: Callable[..., Subject], tamis_cli: Callable[..., Ended], tmp_path: Path
) -> None:
    paths = [subject(name).path for name in ("old", "newer")]
    files = [tmp_path / name for name in ("r.html", "r.svg", "r.xml", "r.md")]
    kinds = ("html", "svg", "junit", "markdown")
    reports = [f"--report={kind}={file}" for kind, file in zip(kinds, files, strict=True)]
    common = ("rehearse", *paths, "--swaps=2", "--rate=200", "--path=/a?b")
    done = tamis_cli(*common, "--json", *reports)
    assert done.code == 0
    told = json.loads(done.out)
    schema = {"$ref": "#/$defs/verb-rehearse", **load("output")}
    assert list(Draft202012Validator(schema).iter_errors(told)) == []
    assert (told["ok"], told["lost"], len(told["swaps"])) == (True, 0, 2)
    html, svg, junit, markdown = (file.read_text() for file in files)
    assert html.startswith("<!doctype html>")
    assert "NEW answered" in html
    assert svg.startswith("<svg xmlns=")
    assert junit.count("<testcase") == 5
    assert "**ok**: old 0.0.0 -> newer 0.0.0" in markdown


def test_fixtures_are_what_is_sent(header_policy: Path, binary: Binary) -> None:
    (old,) = tamis.subject(str(header_policy))
    done = tamis.rehearse(old, new_config=b"{}", setting=SETTING)
    assert done.ok
    assert whole(done)
    assert done.host == binary.host
    assert done.told.requests > 5
    assert done.told.apart > 5
    assert done.left_out
