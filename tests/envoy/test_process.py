"""Envoys of ours always end, and leave behind only what a failure needs."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.processes import alive, until

from tamis.envoy import Binary, supervisor
from tamis.envoy.folder import run_folder
from tamis.envoy.lineage import Lineage
from tamis.envoy.process import Crashed, Process
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


# The same, with an Envoy that has just taken over from another one.
HEIRS = """
import signal
import sys
from tamis.envoy import find
from tamis.envoy.folder import run_folder
from tamis.envoy.lineage import Lineage
from tamis.envoy.process import Process
signal.signal(signal.SIGINT, signal.default_int_handler)
def start(lineage):
    folder = run_folder()
    bootstrap = lambda _: %r %% folder.admin
    return Process(find(), folder, bootstrap, logs="main:info", lineage=lineage)
with Lineage() as lineage, start(lineage) as first, start(lineage) as second:
    print(first.pid, second.pid, first.folder.root, second.folder.root, lineage.folder.root,
        lineage.folder.base.read_text(), flush=True)
    sys.stdin.read()
"""


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


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="hot restart is Linux's")


def memory(base: str) -> Path:
    """What Envoys that took over from each other share."""
    return Path(f"/dev/shm/envoy_shared_memory_{10 * int(base)}")


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_remains_of_envoys_whose_owner_ends(number: signal.Signals) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", HEIRS % ADMIN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert owner.stdout
    assert owner.stdin
    *told, base = owner.stdout.readline().split()
    pids, folders = [int(each) for each in told[:2]], [Path(each) for each in told[2:]]
    assert all(map(alive, pids))
    assert memory(base).exists()
    owner.send_signal(number)
    until(lambda: not any(map(alive, pids)))
    until(lambda: not any(folder.exists() for folder in folders))
    until(lambda: not memory(base).exists())
    owner.wait()
    owner.stdin.close()
    owner.stdout.close()


@linux
def test_one_takes_over_from_the_other_and_eight_such_rows_do_not_clash(binary: Binary) -> None:
    with contextlib.ExitStack() as opened:
        rows = [opened.enter_context(Lineage()) for _ in range(8)]

        def start(row: Lineage) -> Process:
            folder = run_folder()
            return opened.enter_context(
                Process(
                    binary, folder, lambda _: ADMIN % folder.admin, logs="main:info", lineage=row
                )
            )

        first = [start(row) for row in rows]
        bases = [row.folder.base.read_text() for row in rows]
        assert len(set(bases)) == 8
        assert not any(each.ended() for each in first)
        second = [start(row) for row in rows]
        until(lambda: all(each.ended() for each in first))
        assert [each.admin("/ready").strip() for each in second] == ["LIVE"] * 8
    assert not any(memory(base).exists() for base in bases)
    assert not any(each.folder.root.exists() for each in rows)


@linux
def test_nothing_remains_where_a_supervisor_was_killed(binary: Binary) -> None:
    folder = run_folder()
    with Lineage() as row:
        process = Process(
            binary, folder, lambda _: ADMIN % folder.admin, logs="main:info", lineage=row
        )
        with process:
            shared = memory(row.folder.base.read_text())
            status = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            os.kill(int(status[1]), signal.SIGKILL)
            until(lambda: not alive(process.pid))
        assert shared.exists()  # nobody but its owner is left to forget it
    assert not shared.exists()


@linux
def test_an_heir_that_breaks_is_no_end_of_its_own(binary: Binary) -> None:
    folder = run_folder()
    with (
        Lineage() as row,
        Process(
            binary, folder, lambda _: ADMIN % folder.admin, logs="main:info", lineage=row
        ) as process,
    ):
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(Crashed, match="SIGKILL"):
            until(process.ended)


def test_a_supervisor_without_an_owner_cleans_up(tmp_path: Path) -> None:
    """An owner that is gone before it could read the process id."""
    folder = tmp_path / "folder"
    folder.mkdir()
    command = [sys.executable, supervisor.__file__, str(folder), "", "sleep", "60"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdin
        assert running.stdout
        running.stdout.close()
        running.stdin.close()
        assert running.wait(20) == 0
        assert running.stderr
        assert running.stderr.read() == b""
    assert not folder.exists()
