"""`tamis record`, as a user and a script meet it: from files, and in front of a live server."""

import base64
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import jsonschema
import pytest
import wasmtime
from tests.upstreams import Address, certificate, over_http1, shop

import tamis
from tamis import fixtures, schemas
from tamis.errors import BadInput, Rejected
from tamis.fixtures import compressed, sinks
from tamis.fixtures.keeper import Keeper

COMMANDS = """\
curl 'http://shop.example/api/users?token=tok-0123456789abcdef' \\
  -H 'authorization: Bearer tok-0123456789abcdef'
curl http://shop.example/api/users -d '{"password": "pass-0123456789"}' -b 'sid=cookie-0123456789'
curl http://shop.example/$ID
"""
SECRETS = (b"tok-0123456789abcdef", b"pass-0123456789", b"cookie-0123456789")


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    file = tmp_path / "commands.sh"
    file.write_text(COMMANDS)
    return file


def _object(out: str) -> dict:
    *lines, last = out.splitlines()
    value = json.loads(last)
    jsonschema.validate(value, schemas.of_output("record"))
    for line in lines:
        assert "recording" in json.loads(line)
    return value


def leaked(folder: Path) -> list[str]:
    """Files with a secret in them, plain or in base64."""
    return [
        path.name
        for path in folder.rglob("*")
        for raw in (path.read_bytes(),)
        for secret in SECRETS
        if secret in raw or base64.b64encode(secret) in raw
    ]


# From files -------------------------------------------------------------------------------------


def test_commands_become_fixtures(commands: Path, tmp_path: Path, tamis_cli):
    out = tmp_path / "fixtures"
    ended = tamis_cli("record", "--from", commands, "-o", out)
    assert ended.code == 0
    assert f"skipped {commands}:4: what the shell puts in for $ID is not known" in ended.out
    assert "redacted " in ended.out
    assert ended.out.endswith("recorded 2 fixtures, 1 skipped\n")
    assert sorted(path.name for path in out.iterdir()) == [
        "get-api-users.yaml",
        "post-api-users.yaml",
    ]
    assert not leaked(out)
    found = fixtures.find(out)
    assert [fixture.name for fixture in found] == ["GET /api/users", "POST /api/users"]
    text = (out / "get-api-users.yaml").read_text()
    assert text.startswith(
        "# Recorded from commands.sh by tamis record.\n"
        "# Redacted: a query parameter, authorization.\n"
    )


def test_a_second_time_changes_nothing(commands: Path, tmp_path: Path, tamis_cli):
    out = tmp_path / "fixtures"
    tamis_cli("record", "--from", commands, "-o", out)
    before = {path: path.read_bytes() for path in out.iterdir()}
    value = _object(tamis_cli("record", "--from", commands, "-o", out, "--json").out)
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    assert (value["fixtures"], value["known"]) == (2, 2)
    # A file that says something else is never touched.
    (out / "get-api-users.yaml").write_text("mine")
    tamis_cli("record", "--from", commands, "-o", out)
    assert (out / "get-api-users.yaml").read_text() == "mine"
    assert fixtures.read(out / "get-api-users-2.yaml").name == "GET /api/users (2)"


def test_secrets_are_kept_when_asked(commands: Path, tmp_path: Path, tamis_cli):
    out = tmp_path / "fixtures"
    tamis_cli("record", "--from", commands, "-o", out, "--keep-secrets")
    assert len(leaked(out)) == 3
    assert "Redacted" not in (out / "get-api-users.yaml").read_text()


def test_what_is_wanted(commands: Path, tmp_path: Path, tamis_cli):
    def kept(*options: str) -> int:
        out = tmp_path / str(len(list(tmp_path.iterdir())))
        return _object(
            tamis_cli("record", "--from", commands, "-o", out, "--json", *options).out
        ).get("fixtures", 0)

    assert kept("--match", "method=POST") == 1
    assert kept("--match", "path=/api/*", "--match", "method=GET", "--match", "method=POST") == 2
    assert kept("--match", "header:cookie=sid=*") == 1
    assert kept("--match", "host=other") == 0
    assert kept("--limit", "1") == 1


def test_lines_for_bulk(commands: Path, tmp_path: Path, tamis_cli):
    out = tmp_path / "bulk.jsonl.zst"
    assert tamis_cli("record", "--from", commands, "-o", out).code == 0
    assert [one.name for one in fixtures.read_all(out)] == ["GET /api/users", "POST /api/users"]
    raw = b"".join(compressed.lines(out))
    assert not any(secret in raw for secret in SECRETS)
    again = tamis_cli("record", "--from", commands, "-o", out)
    assert (again.code, "is there already" in again.err) == (2, True)
    # And back: what is marked stays so.
    back = tmp_path / "back"
    assert tamis_cli("record", "--from", out, "-o", back).code == 0
    assert len(list(back.iterdir())) == 2
    folder = tmp_path / "lines"
    assert tamis_cli("record", "--from", commands, "-o", folder, "--format", "jsonl").code == 0
    assert [path.name for path in folder.iterdir()] == ["recorded.jsonl"]


def test_a_long_body_is_cut_and_that_is_said(tmp_path: Path, tamis_cli):
    file = tmp_path / "x.sh"
    file.write_text(f"curl http://a/ -d {'x' * 3000}")
    out = tmp_path / "out"
    value = _object(
        tamis_cli("record", "--from", file, "-o", out, "--max-body", "1KiB", "--json").out
    )
    assert value["cut"] == 1
    (fixture,) = fixtures.find(out)
    request = fixture.exchanges[0].request
    assert request.body == (b"x" * 1024,)
    assert dict(request.headers)["content-length"] == "1024"
    text = (out / "post.yaml").read_text()
    assert "# The request's body was longer: its first 1024 bytes are here (cut).\n" in text
    lines = tmp_path / "x.jsonl"
    tamis_cli("record", "--from", file, "-o", lines, "--max-body", "1KiB")
    assert fixtures.read(lines).name == "POST / (cut)"


def test_standard_input(tmp_path: Path):
    command = [sys.executable, "-m", "tamis", "record", "--from", "-", "-o", tmp_path / "out"]
    done = subprocess.run(command, input="curl http://a/x", text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "get-x.yaml").exists()


def test_a_filter_gets_its_configuration_and_its_expectations(
    header_policy: Path, commands: Path, tmp_path: Path, tamis_cli
):
    config = tmp_path / "config.json"
    config.write_text('{"rules":[]}')
    out = tmp_path / "out"
    ended = tamis_cli("record", header_policy, "--from", commands, "-o", out, "--config", config)
    assert ended.code == 0
    assert "config: {rules: []}" in (out / "get-api-users.yaml").read_text()
    assert tamis_cli("test", header_policy, "--fixtures", out, "--update").code == 0
    assert len(list(out.glob("*.snap.json"))) == 2


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ((), "tamis record needs --upstream URL, or --from FILE"),
        (("--from", "x", "--upstream", "http://a"), "one of the two"),
        (("--from", "x"), "tamis record needs -o DIR"),
        (("--from", "none", "-o", "out"), "none: it cannot be read: No such file or directory"),
        (("--from", "x", "-o", "out", "--port", "1"), "are for live traffic"),
        (("--upstream", "http://a", "-o", "out", "--as", "har"), "--as says what --from FILE is"),
        (("--from", "x", "-o", "out", "--max-body", "5"), "--max-body 5: no amount with its unit"),
        (("--from", "x", "-o", "out", "--match", "path"), "--match 'path': that says nothing"),
        (("--from", "x", "-o", "out", "--match", "who=a"), "--match 'who=a': that says nothing"),
        (("--from", "x", "-o", "out", "--sample", "2"), "--sample 2.0: no share of anything"),
        (("--from", "x", "-o", "x.jsonl", "--format", "yaml"), "that is a file of JSON lines"),
        (("--from", "x", "-o", "x/y"), "cannot write to x/y"),
        (("--from", "empty", "-o", "out"), "empty: there is nothing in it"),
        (("--from", "bad", "-o", "out"), "nothing in bad can be a fixture"),
        (("--upstream", "ftp://a", "-o", "out"), "not a server's address"),
        (("--upstream", "http://a", "-o", "out", "--duration", "1"), "no amount with its unit"),
    ],
)
def test_what_cannot_be(options, what, tmp_path: Path, tamis_cli, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name, text in {"x": "curl http://a/", "empty": "", "bad": "curl $A"}.items():
        (tmp_path / name).write_text(text)
    ended = tamis_cli("record", *options)
    assert ended.code == 2
    assert what in ended.err
    assert not list(tmp_path.rglob("*.yaml"))


def test_a_disk_that_is_full(commands: Path, tmp_path: Path, tamis_cli, monkeypatch):
    def full(path: Path, content: bytes, mode: int = 0o644) -> None:
        if path.name.startswith("post"):
            raise OSError(28, "No space left on device")
        path.write_bytes(content)

    monkeypatch.setattr(sinks, "write_whole", full)
    ended = tamis_cli("record", "--from", commands, "-o", tmp_path / "out")
    assert ended.code == 3
    assert "post-api-users.yaml: No space left on device" in ended.err
    assert (tmp_path / "out" / "get-api-users.yaml").exists()


# Live -------------------------------------------------------------------------------------------


class Live:
    """A process that records; `address` is where it does."""

    def __init__(self, process: subprocess.Popen[str], address: Address) -> None:
        self.process, self.address = process, address
        self.told: dict = {}

    def end(self, number: int = signal.SIGINT) -> dict:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> dict:
        out, _ = self.process.communicate(timeout=60)
        self.told = _object(out) if out else {}
        return self.told


@contextmanager
def recording(out: Path, upstream: str, *options: object) -> Iterator[Live]:
    command = [sys.executable, "-m", "tamis", "record", *map(str, options)]
    process = subprocess.Popen(
        [*command, "--upstream", upstream, "-o", out, "--json"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        first = process.stdout.readline()
        where = json.loads(first)["recording"]["url"].removeprefix("http://").rpartition(":")
        yield Live(process, (where[0], int(where[2])))
    finally:
        process.kill()
        process.communicate()


@pytest.mark.envoy
def test_live_traffic_without_secrets(tmp_path: Path):
    out = tmp_path / "out"
    with shop() as upstream, recording(out, upstream) as live:
        over_http1(live.address, "GET", "/login?api_key=tok-0123456789abcdef")
        headers = [("Authorization", "Bearer tok-0123456789abcdef"), ("X-A", "1"), ("x-a", "2"),
                   ("Cookie", "sid=cookie-0123456789")]  # fmt: skip
        over_http1(live.address, "GET", "/items", headers=headers)
        over_http1(live.address, "POST", "/items", b'{"password": "pass-0123456789"}')
        over_http1(live.address, "GET", "/missing")
        told = live.end()
    assert (live.process.returncode, told["fixtures"], told["unfinished"]) == (0, 4, 0)
    names = {path.name for path in out.iterdir()}
    assert names == {
        "get-login-200.yaml", "get-items-200.yaml", "post-items-201.yaml", "get-missing-404.yaml",
    }  # fmt: skip
    assert not leaked(out)
    login, items = (fixtures.read(out / f"get-{name}-200.yaml") for name in ("login", "items"))
    # One secret, one mark: what the login gave is what came back.
    assert b'"access_token": "REDACTED-1"' in login.exchanges[0].answer.body[0]
    assert ("authorization", "Bearer REDACTED-1") in items.exchanges[0].request.headers
    assert [v for n, v in items.exchanges[0].request.headers if n == "x-a"] == ["1", "2"]


@pytest.mark.envoy
def test_with_a_filter_it_replays_at_once(header_policy: Path, tmp_path: Path, tamis_cli):
    out = tmp_path / "out"
    with shop() as upstream, recording(out, upstream, header_policy) as live:
        over_http1(live.address, "GET", "/api/items", headers=[("X-Debug", "1"), ("X-User", "a")])
        over_http1(live.address, "GET", "/stream", headers=[("TE", "trailers")])
        over_http1(live.address, "GET", "/binary")
        over_http1(live.address, "HEAD", "/items")
        over_http1(live.address, "GET", "/empty")
        over_http1(live.address, "PUT", "/items", iter([b"one", b"two"]))
        with pytest.raises(HTTPException):
            over_http1(live.address, "GET", "/half")
        over_http1(live.address, "GET", "/reset")
        told = live.end()
    assert told["fixtures"] == 8, told
    (exchange,) = fixtures.read(out / "get-api-items-200.yaml").exchanges
    # The answer is the upstream's, not what the filter made of it.
    assert ("x-powered-by", "shop/1.0") in exchange.answer.headers
    expect = exchange.expect
    assert expect.response.headers.absent == ("x-powered-by",)
    assert expect.request.headers.absent == ("x-debug", "x-user")
    assert expect.request.headers.values["x-forwarded-user"] == ("a",)
    command = ("test", header_policy, "--fixtures", out)
    ended = tamis_cli(*command, "--host", "wasmtime", "--host", "envoy")
    assert ended.code == 0, ended.out
    assert "0 not wholly comparable" in ended.out
    assert tamis_cli(*command, "--update").code == 0
    assert len(list(out.glob("*.snap.json"))) == 8


@pytest.mark.envoy
def test_a_filter_that_compares_secrets_compares_marks(tmp_path: Path, tamis_cli):
    """With a configuration that knows the key, which nobody can read in the fixtures."""
    tamis.new(tmp_path / "gate", language="cpp", kind="auth")
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"header": "x-api-key", "key": SECRETS[0].decode()}))
    out = tmp_path / "out"
    options = (tmp_path / "gate", "--config", config)
    with shop() as upstream, recording(out, upstream, *options) as live:
        for key in (SECRETS[1].decode(), SECRETS[0].decode()):
            over_http1(live.address, "GET", "/items", headers=[("X-Api-Key", key)])
        assert live.end()["fixtures"] == 2
    assert {path.name for path in out.iterdir()} == {"get-items-401.yaml", "get-items-200.yaml"}
    assert not leaked(out)
    command = ("test", tmp_path / "gate", "--fixtures", out)
    ended = tamis_cli(*command, "--host", "wasmtime", "--host", "envoy")
    assert ended.code == 0, ended.out


@pytest.mark.envoy
def test_what_is_no_exchange_is_said(tmp_path: Path):
    with shop() as upstream, recording(tmp_path / "out", upstream) as live:
        upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket")]
        over_http1(live.address, "GET", "/", headers=upgrade)
        with socket.create_connection(live.address) as leaver:
            leaver.sendall(b"POST /left HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
            while not over_http1(live.address, "GET", "/items").body:
                pass
        over_http1(live.address, "GET", "/items")
        told = live.end()
    assert sorted(each["message"] for each in told["skipped"]) == [
        "an upgrade (websocket) is no exchange"
    ]
    assert told["fixtures"] == 3, (told["skipped"], told["unfinished"])
    left = fixtures.read(tmp_path / "out" / "post-left-aborted.yaml").exchanges[0]
    assert (left.abort, left.request.body) == ("request", (b"abc",))


@pytest.mark.envoy
def test_a_client_that_leaves_in_the_middle_replays(header_policy: Path, tmp_path: Path, tamis_cli):
    out = tmp_path / "out"
    with shop() as upstream, recording(out, upstream, header_policy) as live:
        with socket.create_connection(live.address) as leaver:
            leaver.sendall(b"GET /endless HTTP/1.1\r\nHost: a\r\nX-Debug: 1\r\n\r\n")
            while b"first," not in leaver.recv(65536):
                pass
        assert live.end()["fixtures"] == 1
    (fixture,) = fixtures.find(out)
    (exchange,) = fixture.exchanges
    assert (exchange.abort, exchange.answer.body) == ("response", (b"first,",))
    command = ("test", header_policy, "--fixtures", out, "--host", "wasmtime", "--host", "envoy")
    ended = tamis_cli(*command)
    assert ended.code == 0, ended.out


@pytest.mark.envoy
def test_an_upstream_that_is_down_answers_nothing(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        upstream = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with recording(tmp_path / "out", upstream) as live:
        over_http1(live.address, "GET", "/")
        over_http1(live.address, "GET", "/")
        told = live.end()
    assert told["fixtures"] == 0
    (skipped,) = told["skipped"]
    assert skipped["message"].startswith("Envoy answered itself: the upstream does not (")
    assert skipped["count"] == 2


@pytest.mark.envoy
def test_localhost_has_two_addresses(tmp_path: Path):
    """A resolver's is of IPv6, and many a server's of IPv4."""
    with shop() as upstream:
        named = upstream.replace("127.0.0.1", "localhost")
        recorded = tamis.record(
            named, tmp_path / "out", limit=1, started=lambda url, _: over(url, "/x")
        )
    assert recorded.fixtures == 1


@pytest.mark.envoy
def test_an_upstream_with_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It is asked by its own name, whatever the client calls it, and must prove that."""
    for name, kept in (("localhost", 1), ("other.example", 0)):
        file = certificate(tmp_path, name)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        with shop(context) as upstream:
            named = upstream.replace("127.0.0.1", "localhost")
            recorded = tamis.record(
                named, tmp_path / name, duration=1, limit=1, started=lambda url, _: over(url, "/x")
            )
        assert recorded.fixtures == kept
    assert recorded.skipped[0].what.startswith("Envoy answered itself: the upstream does not (")


@pytest.mark.envoy
def test_it_ends_by_itself(tmp_path: Path):
    bulk = tmp_path / "bulk.jsonl.zst"
    with shop() as upstream, recording(bulk, upstream, "--limit", 3) as live:
        for n in range(5):
            try:
                over_http1(live.address, "GET", f"/{n}")
            except (OSError, HTTPException):
                break
        assert live.wait()["fixtures"] == 3
    assert [one.name for one in fixtures.read_all(bulk)] == [f"GET /{n} 200" for n in range(3)]
    with shop() as upstream, recording(tmp_path / "o", upstream, "--duration", "1ms") as live:
        assert live.wait()["ok"]


@pytest.mark.envoy
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("name", ["out", "bulk.jsonl.zst"])
def test_a_recorder_that_is_killed_keeps_what_it_wrote(number, name: str, tmp_path: Path):
    """And leaves nothing else behind: neither Envoy nor what it wrote down with secrets in it."""
    out = tmp_path / name
    scratch = Path(tempfile.mkdtemp(prefix="t"))  # short, as Unix sockets lie there
    os.environ["TMPDIR"] = str(scratch)
    try:
        with shop() as upstream, recording(out, upstream) as live:
            for n in range(3):
                over_http1(live.address, "GET", f"/{n}")
            while not _written(out, 3):
                assert live.process.poll() is None
            live.process.send_signal(number)
            live.process.wait(timeout=60)
            while list(scratch.iterdir()):
                pass
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(live.address)
    finally:
        del os.environ["TMPDIR"]
    scratch.rmdir()
    assert len(fixtures.find(out)) == 3


def _written(out: Path, count: int) -> bool:
    try:
        return len(fixtures.find(out)) == count
    except (BadInput, OSError):
        return False


@pytest.mark.envoy
def test_ctrl_c_while_something_is_written_loses_nothing(tmp_path: Path, monkeypatch):
    keep = Keeper.keep

    def interrupted(self: Keeper, capture) -> bool:
        os.kill(os.getpid(), signal.SIGINT)
        return keep(self, capture)

    monkeypatch.setattr(Keeper, "keep", interrupted)
    with shop() as upstream:
        recorded = tamis.record(upstream, tmp_path / "out", started=lambda url, _: over(url, "/x"))
    assert (recorded.fixtures, [path.name for path in recorded.files]) == (1, ["get-x-200.yaml"])


#: Goes on with a response that has not come: Envoy 1.40 does not survive that.
CRASHES = wasmtime.wat2wasm(
    """(module
  (import "env" "proxy_continue_stream" (func $on (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) i32.const 4096)
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (if (i32.eqz (local.get 2)) (then (drop (call $on (i32.const 1))))) i32.const 0))"""
)


@pytest.mark.envoy
def test_a_filter_that_ends_envoy(tmp_path: Path):
    """That is said, and what ended before is there."""
    (tmp_path / "crashes.wasm").write_bytes(CRASHES)
    (subject,) = tamis.subject(str(tmp_path / "crashes.wasm"))

    def drive(url: str, _: bool) -> None:
        over(url, "/x")
        with pytest.raises((OSError, HTTPException)):
            over(url, "/y", "POST", b"body")

    out = tmp_path / "out"
    with shop() as upstream, pytest.raises(Rejected, match="Envoy ended with SIG") as caught:
        tamis.record(upstream, out, subject=subject, started=drive)
    assert [path.name for path in out.iterdir()] == ["get-x-200.yaml"]
    kept = Path(caught.value.advice().split()[-1].rstrip("."))
    assert not list(kept.glob("tap-*"))
    shutil.rmtree(kept)


def over(url: str, path: str, *more: object) -> None:
    host, _, port = url.removeprefix("http://").rpartition(":")
    over_http1((host, int(port)), *(more[:1] or ("GET",)), path, *more[1:])


@pytest.mark.envoy
def test_a_port_that_is_taken(tmp_path: Path, tamis_cli):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = tamis_cli(
            "record", "--upstream", "http://127.0.0.1:1", "-o", tmp_path / "o", "--port", port
        )
    assert (ended.code, f"127.0.0.1:{port} is taken" in ended.err) == (2, True)
