"""keygen, sign, verify and attach at the command line: exit codes, JSON, what is refused."""

import io
import json
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tamis import schemas
from tamis.errors import Missing, Rejected
from tamis.verbs.cosign import cosign


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TAMIS_PASSPHRASE", "COSIGN_PASSWORD", "SOURCE_DATE_EPOCH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def read(ended, code: int = 0) -> dict:
    """The one JSON object, valid by its published schema."""
    assert ended.code == code, ended.out + ended.err
    document = json.loads(ended.out)
    jsonschema.validate(document, schemas.of_output(document["verb"]))
    assert document["ok"] == (code == 0)
    return document


def why(ended, code: int = 1) -> str:
    """What is wrong, in one line."""
    assert ended.code == code, ended.out + ended.err
    return ended.err.splitlines()[0]


def typed(content: bytes) -> io.TextIOWrapper:
    """A standard input that is no terminal."""
    return io.TextIOWrapper(io.BytesIO(content))


@pytest.fixture
def key(tmp_path: Path, tamis_cli) -> Path:
    """A pair's prefix; no passphrase."""
    assert tamis_cli("keygen", "-o", tmp_path / "release", "--no-passphrase").code == 0
    return tmp_path / "release"


@pytest.fixture
def pushed(hello: Path, tmp_path: Path, tamis_cli) -> str:
    """`hello` in a layout folder."""
    place = f"oci-layout://{tmp_path / 'layout'}:1.2.3"
    assert tamis_cli("push", hello, place).code == 0
    return place


def test_a_key_pair(tmp_path: Path, tamis_cli, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TAMIS_PASSPHRASE", "secret")
    made = read(tamis_cli("keygen", "-o", tmp_path / "k", "--json"))
    private, public = Path(made["private"]), Path(made["public"])
    assert (private.name, public.name) == ("k.key", "k.pub")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert b"secret" not in private.read_bytes()
    before = private.read_bytes()
    assert "keys are never overwritten" in why(tamis_cli("keygen", "-o", tmp_path / "k"), 2)
    assert private.read_bytes() == before
    shown = tamis_cli("keygen", "-o", tmp_path / "more" / "k")
    assert str(tmp_path / "more" / "k.pub") in shown.out


def test_a_new_key_needs_a_passphrase_unless_one_says_so(
    tmp_path: Path, tamis_cli, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "stdin", typed(b""))
    assert "the new key needs a passphrase" in why(tamis_cli("keygen", "-o", tmp_path / "k"), 2)
    monkeypatch.setenv("COSIGN_PASSWORD", "")
    assert "the passphrase is empty" in why(tamis_cli("keygen", "-o", tmp_path / "k"), 2)
    (tmp_path / "empty").write_text("\n")
    ended = tamis_cli("keygen", "-o", tmp_path / "k", "--passphrase-file", tmp_path / "empty")
    assert "the passphrase is empty" in why(ended, 2)
    ended = tamis_cli("keygen", "--no-passphrase", "--passphrase-file", tmp_path / "empty")
    assert "which?" in why(ended, 2)
    assert not list(tmp_path.glob("*.key"))


def test_where_a_passphrase_comes_from(
    tmp_path: Path, pushed: str, tamis_cli, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "pass").write_bytes(b"sec\xffret\r\n")  # whatever bytes it has
    file = ("--passphrase-file", tmp_path / "pass")
    assert tamis_cli("keygen", "-o", "k", *file).code == 0
    sign = ("sign", pushed, "--key", "k.key")
    assert tamis_cli(*sign, *file).code == 0
    monkeypatch.setenv("COSIGN_PASSWORD", "sec\udcffret")
    assert tamis_cli(*sign).code == 0
    monkeypatch.setenv("TAMIS_PASSPHRASE", "wrong")
    assert "k.key: the passphrase does not open it" in why(tamis_cli(*sign))
    assert tamis_cli(*sign, *file).code == 0, "the command line is nearest"
    monkeypatch.delenv("TAMIS_PASSPHRASE")
    monkeypatch.delenv("COSIGN_PASSWORD")
    monkeypatch.setattr(sys, "stdin", typed((tmp_path / "pass").read_bytes()))
    assert tamis_cli(*sign, "--passphrase-file", "-").code == 0
    monkeypatch.setattr(sys, "stdin", typed(b""))
    assert "k.key: it has a passphrase" in why(tamis_cli(*sign))
    ended = tamis_cli(*sign, "--passphrase-file", tmp_path / "none")
    assert "cannot read the passphrase" in why(ended, 2)
    (tmp_path / "pass").write_bytes(bytes(5000))
    assert "larger than a passphrase" in why(tamis_cli(*sign, *file), 2)


@pytest.mark.parametrize(("second", "code"), [("secret", 0), ("secrat", 2)])
def test_a_person_types_it_twice(tmp_path: Path, second: str, code: int):
    """At a real terminal, and it is not shown."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tamis", "keygen", "-o", str(tmp_path / "k")]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        shown = b""
        for prompt, typed in ((b"Passphrase of the new key: ", "secret"), (b"Again: ", second)):
            while prompt not in shown:
                shown += os.read(ours, 1000)
            os.write(ours, f"{typed}\n".encode())
        while piece := _rest(ours):
            shown += piece
        assert process.wait(60) == code
    os.close(ours)
    assert b"secr" not in shown
    assert (tmp_path / "k.key").exists() == (code == 0)


def _rest(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1000)
    except OSError:  # its other end is closed
        return b""


def test_signed_and_verified(pushed: str, key: Path, tamis_cli):
    verify = ("verify", pushed, "--key", f"{key}.pub")
    refused = read(tamis_cli(*verify, "--json"), 1)
    (problem,) = refused["problems"]
    assert problem["kind"] == "not-verified"
    assert "there is no signature" in problem["message"]
    signed = read(tamis_cli("sign", pushed, "--key", f"{key}.key", "--json"))
    assert [(each["form"], each["new"]) for each in signed["attachments"]] == [
        ("signature", True),
        ("bundle", True),
    ]
    verified = read(tamis_cli(*verify, "--json"))
    (required,) = verified["required"]
    assert {each["key"] for each in required["evidence"]} == {signed["key"]}
    assert verified["digest"] == signed["digest"]
    shown = tamis_cli(*verify)
    assert f"signed with {key}.pub ({signed['key']})" in shown.out
    assert shown.out.splitlines()[-1] == f"ok {signed['reference']}"
    assert tamis_cli(*verify, "-q").out == ""


def test_all_there_is_to_attach(hello: Path, pushed: str, key: Path, tamis_cli):
    attach = ("attach", pushed, "sbom", "provenance", "check", "bench", "--source", hello)
    made = read(tamis_cli(*attach, "--key", f"{key}.key", "--json"))
    assert [(each["kind"], each["form"]) for each in made["attachments"]] == [
        ("sbom", "document"),
        ("sbom", "bundle"),
        ("provenance", "bundle"),
        ("check", "bundle"),
        ("bench", "bundle"),
    ]
    again = read(tamis_cli(*attach, "--key", f"{key}.key", "--json"))
    assert [each["new"] for each in again["attachments"]] == [False] * 5
    assert [e["holder"] for e in again["attachments"]] == [e["holder"] for e in made["attachments"]]
    all_but_one = "sbom,provenance,check,bench"
    verify = ("verify", pushed, "--key", f"{key}.pub", "--require", all_but_one)
    verified = read(tamis_cli(*verify, "--json"))
    assert [each["name"] for each in verified["required"]] == all_but_one.split(",")
    results = {each["name"]: each["evidence"][0]["result"] for each in verified["required"]}
    assert results == {"sbom": None, "provenance": None, "check": "PASSED", "bench": "PASSED"}
    assert tamis_cli(*verify, "--require", "signature").code == 1


def test_reports_from_files(hello: Path, pushed: str, key: Path, tmp_path: Path, tamis_cli):
    for verb in ("check", "test", "bench"):
        where = () if verb == "check" else ("--fixtures", hello / "fixtures")
        ended = tamis_cli(verb, pushed, "--json", *where)
        (tmp_path / f"{verb}.json").write_text(ended.out)
    done = read(
        tamis_cli(
            "attach", pushed, "check=test.json", "bench=bench.json", "--key", f"{key}.key", "--json"
        )
    )
    assert [each["kind"] for each in done["attachments"]] == ["check", "bench"]
    ended = tamis_cli("attach", pushed, "check=check.json", "--key", f"{key}.key")
    assert ended.code == 0, ended.err
    ended = tamis_cli("attach", pushed, "check=bench.json", "--key", f"{key}.key")
    assert "bench.json is not what tamis check or test printed" in why(ended, 2)


def test_a_failed_report_is_not_signed(
    hello: Path, pushed: str, key: Path, tmp_path: Path, tamis_cli
):
    fixture = hello / "fixtures" / "added.yaml"
    fixture.write_text(fixture.read_text().replace("world", "moon"))
    ended = tamis_cli("test", pushed, "--json", "--fixtures", hello / "fixtures")
    assert ended.code == 1
    (tmp_path / "test.json").write_text(ended.out)
    count = len(list((tmp_path / "layout" / "blobs" / "sha256").iterdir()))
    ended = tamis_cli("attach", pushed, "sbom", "check=test.json", "--key", f"{key}.key")
    assert "test.json says FAILED (a header is added (wasmtime" in why(ended)
    after = len(list((tmp_path / "layout" / "blobs" / "sha256").iterdir()))
    assert after == count, "nothing is attached where one of all is refused"


def test_a_report_about_another_module(
    hello: Path, pushed: str, key: Path, tmp_path: Path, tamis_cli
):
    source = hello / "filter.cc"
    source.write_text(source.read_text().replace("world", "World"))
    (tmp_path / "check.json").write_text(tamis_cli("check", hello, "--json").out)
    ended = tamis_cli("attach", pushed, "check=check.json", "--key", f"{key}.key")
    assert "check.json is about hello sha256:" in why(ended)
    ended = tamis_cli("attach", pushed, "provenance", "--source", hello, "--key", f"{key}.key")
    assert "hello was built to sha256:" in why(ended)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("check",), "check without a signature proves nothing"),
        (("sboms",), "'sboms' is nothing that can be attached"),
        (("sbom", "sbom"), "sbom: no KIND or KIND=FILE"),
        (("sbom=",), "sbom=: no KIND or KIND=FILE"),
        (("provenance", "--key", "release.key"), "provenance is made of the filter's folder"),
        (("bench", "--key", "release.key"), "bench is made of the filter's folder"),
        (("sbom=none.json",), "cannot read none.json"),
        (("sbom", "--key", "none.key"), "cannot read none.key"),
        (("sbom", "--key", "release.pub"), "holds a public key, not a private key"),
        (("sbom", "--signer", "gpg"), "Invalid value for '--signer'"),
    ],
)
def test_what_cannot_be_attached(
    pushed: str, key: Path, tamis_cli, arguments: tuple[str, ...], what: str
):
    assert what in why(tamis_cli("attach", pushed, *arguments), 2)


def test_an_sbom_needs_no_key(pushed: str, tamis_cli):
    done = read(tamis_cli("attach", pushed, "sbom", "--json"))
    assert (done["key"], [each["form"] for each in done["attachments"]]) == (None, ["document"])


def test_cosign_is_the_users(
    pushed: str, tamis_cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A stand-in on the PATH: what it is told, and what it says when it fails."""
    ended = tamis_cli("sign", pushed, "--signer", "cosign")
    assert "cosign signs in registries only" in why(ended, 2)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="cosign is not installed"):
        cosign("sign", key=None, insecure=False, name="x@sha256:0")
    script = tmp_path / "cosign"
    script.write_text('#!/bin/sh\necho "$@" >&2\nexit 7\n')
    script.chmod(0o755)
    with pytest.raises(
        Rejected, match=r"cosign sign failed \(7\): sign --yes --key awskms://x --al"
    ):
        cosign("sign", key="awskms://x", insecure=True, name="x@sha256:0")


def test_a_missing_extra_is_exit_code_3(pushed: str, tamis_cli, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "nacl.secret", None)
    ended = tamis_cli("keygen", "--no-passphrase")
    assert "is not installed" in why(ended, 3)
    assert "tamis[trust]" in ended.err
