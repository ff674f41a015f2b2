"""Envoys of ours always end, and leave behind only what a failure needs."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tamis.envoy import Binary
from tamis.envoy.folder import run_folder
from tamis.envoy.process import Process
from tamis.errors import Fault

ADMIN = '{"admin": {"address": {"pipe": {"path": "%s"}}}}'
OWNER = """
import signal
import sys
from pathlib import Path
from tamis.envoy import find
from tamis.envoy.folder import run_folder
from tamis.envoy.process import Process
# A test run in the background of a shell inherits a SIGINT that is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
folder = run_folder()
with Process(find(), folder, lambda _: %r %% folder.admin, logs="main:info") as process:
    print(process.pid, folder.root, flush=True)
    sys.stdin.read()
"""


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_envoy_outlives_its_owner(number: signal.Signals) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER % ADMIN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert owner.stdout
    assert owner.stdin
    pid, folder = owner.stdout.readline().split()
    assert alive(int(pid))
    owner.send_signal(number)
    until(lambda: not alive(int(pid)))
    until(lambda: not Path(folder).exists())
    owner.wait()
    owner.stdin.close()
    owner.stdout.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs PR_SET_PDEATHSIG")
def test_no_envoy_outlives_its_supervisor(binary: Binary) -> None:
    folder = run_folder()
    with Process(binary, folder, lambda _: ADMIN % folder.admin, logs="main:info") as process:
        status = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        os.kill(int(status[1]), signal.SIGKILL)
        until(lambda: not alive(process.pid))


def test_a_failed_start_says_why_and_keeps_bootstrap_and_log(binary: Binary) -> None:
    folder = run_folder()
    with pytest.raises(Fault) as caught, Process(binary, folder, lambda _: "{no", logs="main:info"):
        pass
    assert "JSON" in caught.value.what or "parse" in caught.value.what
    assert str(folder.root) in caught.value.advice()
    assert folder.config.read_text() == "{no"
    assert folder.log.stat().st_size
    shutil.rmtree(folder.root)


def test_nothing_is_left_after_a_good_end(binary: Binary) -> None:
    folder = run_folder()
    with Process(binary, folder, lambda _: ADMIN % folder.admin, logs="main:info") as process:
        assert process.admin("/ready").strip() == "LIVE"
    assert not alive(process.pid)
    assert not folder.root.exists()


def test_two_at_once_do_not_collide(binary: Binary) -> None:
    one, two = run_folder(), run_folder()
    with (
        Process(binary, one, lambda _: ADMIN % one.admin, logs="main:info") as first,
        Process(binary, two, lambda _: ADMIN % two.admin, logs="main:info") as second,
    ):
        assert first.pid != second.pid
        assert first.admin("/ready") == second.admin("/ready")
