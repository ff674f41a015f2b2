"""The command line as a process: pipes, full disks, Ctrl-C, terminals, several at once."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tamis import schemas

_TAMIS = (sys.executable, "-m", "tamis")


def start(*arguments: object, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*_TAMIS, *map(str, arguments)], stderr=subprocess.PIPE, text=True, **options
    )


def in_a_terminal(*arguments: object, **environment: str) -> str:
    """What a terminal of 80 columns receives on stdout."""
    ours, theirs = pty.openpty()
    child = start(*arguments, stdout=theirs, env={**os.environ, "COLUMNS": "80", **environment})
    os.close(theirs)
    received = b""
    try:
        while piece := os.read(ours, 65536):
            received += piece
    except OSError:  # Linux: how a terminal says that nobody is on the other side
        pass
    os.close(ours)
    child.communicate()
    assert child.returncode == 0
    return received.decode().replace("\r\n", "\n")


def test_a_reader_who_leaves_ends_neither_the_verb_nor_its_reports(hello: Path, tmp_path: Path):
    junit = tmp_path / "junit.xml"
    read, write = os.pipe()
    os.close(read)
    child = start("test", hello, "--report", f"junit={junit}", stdout=write)
    os.close(write)
    _, told = child.communicate()
    assert (child.returncode, told) == (0, "")
    assert "<testsuite" in junit.read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "command", ["schema fixture", "completion bash", "doctor", "doctor --json"]
)
def test_a_full_disk_is_one_clear_error(command: str):
    with Path("/dev/full").open("w") as full:
        child = start(*command.split(), stdout=full)
        _, told = child.communicate()
    assert child.returncode == 3
    assert "Traceback" not in told
    if "--json" not in command:
        assert told.startswith("error: cannot write to standard output")


@pytest.mark.envoy
def test_ctrl_c_ends_with_130_and_leaves_nothing_behind(header_policy_copy: Path, tmp_path: Path):
    scratch = tmp_path / "t"
    scratch.mkdir()
    child = start(
        "test", header_policy_copy, "--host", "envoy", "--json",
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(scratch)},
        # A shell in the background starts its children with SIGINT ignored; a terminal does not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    while not list(scratch.glob("tamis-*/admin.sock")) and child.poll() is None:
        pass  # until its Envoy is there
    child.send_signal(signal.SIGINT)
    out, told = child.communicate()
    document = json.loads(out)
    jsonschema.validate(document, schemas.of_output("test"))
    assert (child.returncode, told, document["ok"]) == (130, "", False)
    assert [one["kind"] for one in document["problems"]] == ["interrupted"]
    assert list(scratch.glob("tamis-*")) == []


def test_two_may_ship_at_once(hello: Path, tmp_path: Path):
    arguments = ("ship", hello, "--out", tmp_path / "out", "--host", "wasmtime", "--json")
    running = [start(*arguments, stdout=subprocess.PIPE) for _ in range(2)]
    ended = [child.communicate() for child in running]
    assert [child.returncode for child in running] == [0, 0], ended
    one, other = (json.loads(out) for out, _ in ended)
    assert one["digest"] == other["digest"]
    assert all(Path(file).exists() for file in one["files"])


def test_ship_leaves_other_peoples_manifests_alone(hello: Path, tmp_path: Path, tamis_cli):
    theirs = tmp_path / "out" / "manifests" / "gateway.yaml"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("kind: Gateway\n")
    ship = ("ship", hello, "--out", tmp_path / "out", "--host", "wasmtime")
    assert tamis_cli(*ship, "--target", "envoy").code == 0
    assert tamis_cli(*ship, "--target", "istio@1.30").code == 0
    kept = sorted(file.name for file in theirs.parent.iterdir())
    assert kept == ["gateway.yaml", "hello-istio-1.30-trafficextension.yaml"]


def test_the_summary_fits_a_terminal_and_its_digest_is_whole(hello: Path, tmp_path: Path):
    shown = in_a_terminal("ship", hello, "--out", tmp_path / "o", "--host", "wasmtime")
    plain = re.sub(r"\x1b\[[0-9;]*[mK]", "", shown)
    gates = [row for row in plain.splitlines() if re.match(r"  (build|check|test|render) ", row)]
    assert len(gates) == 4
    assert max(map(len, gates)) <= 80
    assert re.search(r"^  digest +sha256:[0-9a-f]{64}$", plain, re.MULTILINE)
    assert re.search(r"^  reference +oci://\S+@sha256:[0-9a-f]{64}$", plain, re.MULTILINE)
    assert "\x1b[32m" in shown


def test_no_color_means_no_colour():
    assert "\x1b[32m" in in_a_terminal("doctor", NO_COLOR="")
    assert "\x1b[3" not in in_a_terminal("doctor", NO_COLOR="1")


def test_a_command_to_copy_is_quoted(hello: Path, tmp_path: Path, tamis_cli):
    out = tmp_path / "with spaces"
    ended = tamis_cli("ship", hello, "--out", out, "--host", "wasmtime")
    assert f"tamis copy 'oci-layout://{out}/oci:1.2.3' registry.example/acme/hello:1.2.3" in (
        ended.out
    )


def test_each_target_is_rendered_and_a_repeated_one_once(hello: Path, tamis_cli):
    targets = ("--target", "istio@1.30", "--target", "envoy", "--target", "istio@1.30")
    document = json.loads(tamis_cli("render", hello, *targets, "--json").out)
    assert [one["target"] for one in document["manifests"]] == ["istio@1.30", "envoy"]
