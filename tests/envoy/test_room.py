"""No room for an Envoy's files, or no place: it is told as that, and nothing is left."""

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.envoy.conftest import programmed

from tamis.envoy import Binary, Judge, validate
from tamis.envoy.discovery import Discovery
from tamis.envoy.folder import run_folder
from tamis.envoy.judging.server import Server
from tamis.envoy.judging.setup import Setup
from tamis.errors import Missing

#: Exchanges that log some ten megabytes; what came of them is printed.
PRELUDE = """
import resource, sys
from pathlib import Path
from tamis.envoy import Judge, find
from tamis.errors import TamisError
from tamis.model.exchange import Exchange, Fixture, Request
HEAD = ((":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/"))
def judged():
    guest = Path(sys.argv[1]).read_bytes()
    steps = 200 * (Exchange(Request((*HEAD, ("x-l", 60_000 * "v")))),)
    program = b"request_headers: get_header_map_pairs 0"
    with Judge(find(), patience=3) as judge:
        try:
            return judge.run(Fixture("f", Path("x.yaml"), steps, config=program), guest)
        finally:
            print(*judge.processes)
def main():
    try:
        print(judged().problems)
    except TamisError as error:
        print(type(error).__name__, error.what, "|", error.advice())
"""


# -- no room

LIMITED = PRELUDE + "resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))\nmain()\n"


def alive(pids: str) -> list[str]:
    return [pid for pid in pids.split() if Path(f"/proc/{pid}").exists()]


def told(command: Sequence[str | Path], tmp_path: Path, prober: bytes, **env: str) -> list[str]:
    """What a judging process says: the pids of its Envoys, then what came of it."""
    guest = tmp_path / "guest.wasm"
    guest.write_bytes(prober)
    done = subprocess.run(
        [*command, guest], capture_output=True, text=True, env={**os.environ, **env}, check=False
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_log_that_may_not_grow(tmp_path: Path, prober: bytes) -> None:
    room = tmp_path / "t"
    room.mkdir()
    pids, said = told([sys.executable, "-c", LIMITED], tmp_path, prober, TMPDIR=str(room))
    assert said == (
        "Missing a file may not grow as long as Envoy's log must"
        " | Raise the limit of the size of files: ulimit -f unlimited."
    )
    assert alive(pids) == []
    assert list(room.iterdir()) == []


def can_mount() -> bool:
    command = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not can_mount(), reason="needs a file system of its own to fill")
@pytest.mark.parametrize("mebibytes", [1, 8])
def test_a_disk_that_is_full(tmp_path: Path, prober: bytes, mebibytes: int) -> None:
    """One is full before there is an Envoy, one by its log."""
    filler = "head -c 900k /dev/zero > /mnt/filler;" if mebibytes == 1 else ""
    script = f'mount -t tmpfs -o size={mebibytes}m tmpfs /mnt && {filler} exec "$@"'
    main = PRELUDE + "main()\nprint(*Path('/mnt').glob('tamis-*'))"
    command = ["unshare", "-rm", "sh", "-c", script, "sh", sys.executable, "-c", main]
    pids, said, left = told(command, tmp_path, prober, TMPDIR="/mnt")
    assert said == (
        "Missing Envoy's files in /mnt cannot be written: No space left on device"
        " | Make room there, or name another folder with TMPDIR."
    )
    assert alive(pids) == []
    assert left == ""


@pytest.mark.parametrize("how", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_room_before_there_is_an_envoy(
    binary: Binary, place: Path, monkeypatch: pytest.MonkeyPatch, how: int
) -> None:
    def put(*_: object) -> None:
        raise OSError(how, os.strerror(how))

    monkeypatch.setattr(Discovery, "put", put)
    with pytest.raises(Missing, match=os.strerror(how)):
        Server(binary, Setup(), 3)
    assert list(place.iterdir()) == []


def test_no_room_for_a_module_alone(
    binary: Binary, place: Path, prober: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is room for small files still."""
    with Judge(binary) as judge:
        assert judge.run(programmed(""), prober).outcome

        def module(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(Discovery, "module", module)
        with pytest.raises(Missing, match="No space left"):
            judge.run(programmed(""), prober)
        assert judge.processes == ()
    assert list(place.iterdir()) == []


# -- where temporary files go


@pytest.fixture
def tmpdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_path_too_long_for_sockets_is_worked_around(
    tmpdir: Path, monkeypatch: pytest.MonkeyPatch, binary: Binary, prober: bytes
) -> None:
    deep = tmpdir / ("d" * 80)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with Judge(binary) as judge:
        assert judge.run(programmed(""), prober).outcome
    assert list(deep.iterdir()) == []


def test_a_path_too_long_for_sockets_and_no_other(
    tmpdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmpdir / ("d" * 80)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    monkeypatch.setattr("tamis.envoy.folder._SHORT", (tmpdir / "nothing",))
    with pytest.raises(Missing, match="too long a path for Unix sockets") as caught:
        run_folder()
    assert "TMPDIR" in caught.value.advice()


def test_no_folder_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nothing")
    monkeypatch.setattr("tamis.envoy.folder._SHORT", ())
    with pytest.raises(Missing, match=r"no folder for Envoy's files can be made in .*nothing"):
        run_folder()
    with pytest.raises(Missing, match="no folder for Envoy's files"):
        validate(Binary(Path("/x"), "1.40.0"), "{}")


def test_no_temporary_folder_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(Missing, match="no folder for Envoy's files"):
        run_folder()
