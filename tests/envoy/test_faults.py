"""What goes wrong around a judging Envoy: every fault is told, and nothing is left."""

import errno
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.envoy.conftest import HEAD, PLAIN, outcome

from tamis.envoy import Binary, Judge, validate
from tamis.envoy import run as run_all
from tamis.envoy.folder import run_folder
from tamis.envoy.judging.server import Server
from tamis.envoy.judging.setup import Setup
from tamis.envoy.process import Process, Refused
from tamis.errors import Missing
from tamis.model.exchange import Connection, ConnectionEvent, Exchange, Fixture, Request, Tick
from tamis.model.plugin import Plugin

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


def fixture(program: str, *steps: Exchange | Tick | Connection, name: str = "f") -> Fixture:
    plugin = Plugin("probe", "root")
    return Fixture(name, Path("x.yaml"), steps or (PLAIN,), config=program.encode(), plugin=plugin)


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where Envoy's folders are made, for the test alone; its path is short."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)
        monkeypatch.undo()


# -- a bootstrap that Envoy refuses

_NEAR = re.compile(r" near \d+:\d+ \(offset \d+\):")
#: A bootstrap, Envoy's words, and whether it has the same when it only validates: then it binds
#: nothing, and reads YAML.
REFUSED = [
    ("{nonsense: 1}", "no such field: 'nonsense') has unknown fields", True),
    ("[", "Unable to parse JSON as proto: INVALID_ARGUMENT: ", False),
    (
        '{"static_resources": {"clusters": [{"name": "a", "connect_timeout": "x"}]}}',
        "clusters[0].connect_timeout: message google.protobuf.Duration",
        True,
    ),
    (
        '{"static_resources": {"clusters": [{"name": ""}]}}',
        "ClusterValidationError.Name: value length must be at least 1 characters)",
        True,
    ),
    ('{"admin": {"address": {"pipe": {"path": "/nowhere/x"}}}}', "cannot bind '/nowhere/x'", False),
]


@pytest.mark.parametrize(("text", "words", "alike"), REFUSED)
@pytest.mark.usefixtures("place")
def test_a_refused_bootstrap_has_envoys_own_words(
    binary: Binary, text: str, words: str, alike: bool
) -> None:
    folder = run_folder()
    with (
        pytest.raises(Refused) as caught,
        Process(binary, folder, lambda _: text, logs="main:info"),
    ):
        pass
    assert words in caught.value.what
    assert "\n" not in caught.value.what
    assert "caused by" not in caught.value.what
    assert "static_resources" not in caught.value.what.replace("static_resources.clusters[0]", "")
    if alike:
        reason = validate(binary, text)
        assert reason
        assert _NEAR.sub("", caught.value.what).endswith(_NEAR.sub("", reason))


def test_properties_that_envoy_refuses_are_not_comparable(
    binary: Binary, place: Path, prober: bytes
) -> None:
    nameless = Fixture(
        "f", Path("x.yaml"), (PLAIN,), properties={("xds", "virtual_host_name"): b""}
    )
    with Judge(binary) as judge:
        found = judge.run(nameless, prober)
        assert judge.run(fixture(""), prober).outcome
    assert list(place.iterdir()) == []
    assert (found.outcome, found.problems) == (None, ())
    (skipped,) = found.skipped
    assert skipped.why.startswith("Envoy refuses what the properties ask for: Envoy ended with ")
    assert skipped.why.endswith(
        "VirtualHostValidationError.Name: value length must be at least 1 characters)"
    )


# -- a crash in the middle

CRASH = "request_headers#2: continue_stream 1"


def test_a_crash_costs_its_own_fixture_only(binary: Binary, place: Path, prober: bytes) -> None:
    fixtures = [
        fixture("", name="before"),
        fixture(CRASH, PLAIN, PLAIN, PLAIN, name="crash"),
        fixture("", PLAIN, PLAIN, name="after"),
    ]
    one, crashed, other = run_all(binary, prober, fixtures)
    assert len(outcome(one).exchanges) == 1
    assert len(outcome(other).exchanges) == 2
    assert crashed.outcome is None
    (problem,) = crashed.problems
    assert problem.startswith("exchanges[1]: Envoy ended with SIG")
    assert "; its bootstrap and log are kept in " in problem
    (kept,) = place.iterdir()
    assert problem.endswith(str(kept))
    assert (kept / "envoy.log").stat().st_size


OVERLAPPING = (PLAIN, Exchange(Request(HEAD), overlap=True))


@pytest.mark.parametrize(
    ("steps", "where"),
    [
        ((PLAIN, Tick(1), PLAIN, PLAIN), "exchanges[1]: "),
        (OVERLAPPING, "exchanges[1]: "),
        ((PLAIN, *OVERLAPPING), "exchanges[1]: "),
    ],
)
@pytest.mark.usefixtures("place")
def test_the_exchange_that_crashed_is_named(
    binary: Binary, prober: bytes, steps: Sequence[Exchange], where: str
) -> None:
    with Judge(binary, patience=3) as judge:
        (problem,) = judge.run(fixture(CRASH, *steps), prober).problems
        assert judge.processes == ()
    assert problem.startswith(where)


@pytest.mark.usefixtures("place")
def test_a_crash_at_the_start_and_at_the_end_is_named(binary: Binary, prober: bytes) -> None:
    with Judge(binary, patience=3) as judge:
        for program, where in (
            ('configure: grpc_call "" "a.B" "Do" "" "message" 1000', "start: "),
            ('done: grpc_call "" "a.B" "Do" "" "message" 1000', "end: "),
        ):
            (problem,) = judge.run(fixture(program), prober).problems
            assert problem.startswith(where)


@pytest.mark.usefixtures("place")
def test_an_envoy_that_is_killed_between_fixtures_is_replaced(
    binary: Binary, prober: bytes
) -> None:
    connection = Connection((ConnectionEvent("downstream", "data", b"a"),))
    with Judge(binary, patience=3) as judge:
        for step, layer in ((PLAIN, "http"), (connection, "network")):
            judge.run(fixture("", step), prober, layer=layer)
            (pid,) = judge.processes
            os.kill(pid, 9)
            (problem,) = judge.run(fixture("", step), prober, layer=layer).problems
            assert "Envoy ended with SIGKILL" in problem
            assert judge.run(fixture("", step), prober, layer=layer).outcome
            judge._drop(next(iter(judge._servers)))


def test_a_guest_that_hangs_costs_its_own_envoy_only(binary: Binary, prober: bytes) -> None:
    fixtures = [fixture("request_headers#2: spin", PLAIN, PLAIN), fixture("")]
    hanging, after = run_all(binary, prober, fixtures, patience=1)
    assert hanging.outcome
    assert hanging.outcome.trap
    assert hanging.outcome.trap.kind == "deadline"
    assert [(each.path, each.why) for each in hanging.skipped] == [
        (
            "exchanges[1]",
            "proxy_on_request_headers did not return within 1 s; Envoy has no deadline",
        )
    ]
    assert outcome(after).exchanges


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

    monkeypatch.setattr(Server, "_put", put)
    with pytest.raises(Missing, match=os.strerror(how)):
        Server(binary, Setup(), 3)
    assert list(place.iterdir()) == []


def test_no_room_for_a_module_alone(
    binary: Binary, place: Path, prober: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is room for small files still."""
    with Judge(binary) as judge:
        assert judge.run(fixture(""), prober).outcome

        def module(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(Server, "_module", module)
        with pytest.raises(Missing, match="No space left"):
            judge.run(fixture(""), prober)
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
        assert judge.run(fixture(""), prober).outcome
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


def test_no_folder_can_be_made(tmpdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmpdir / "nothing"))
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


# -- what is no Envoy


@pytest.mark.usefixtures("place")
def test_an_envoy_that_vanished(tmp_path: Path, binary: Binary, prober: bytes) -> None:
    gone = Binary(tmp_path / "gone", binary.version)
    with pytest.raises(Refused, match="No such file or directory"), Judge(gone) as judge:
        judge.run(fixture(""), prober)
