"""`--native`: the same source for this machine, and the same outcomes of it."""

import json
from pathlib import Path

import pytest


def test_native_code_does_what_the_module_does(header_policy_copy: Path, tamis_cli):
    ended = tamis_cli(
        "test", header_policy_copy, "--host", "native", "--host", "wasmtime", "--json"
    )
    assert ended.code == 0, ended.out + ended.err
    document = json.loads(ended.out)
    assert {run["host"].split()[0] for run in document["runs"]} == {"wasmtime", "native"}
    assert (document["differences"], document["not_comparable"]) == ([], [])


def test_a_twin_lies_beside_the_module(hello: Path, tamis_cli):
    ended = tamis_cli("build", hello, "--native", "--json")
    assert ended.code == 0, ended.err
    (module,) = json.loads(ended.out)["modules"]
    twin = Path(module["native"]["path"])
    assert twin == hello / "build" / "hello.native.so"
    assert twin.read_bytes()[:4] == b"\x7fELF"
    assert str(hello).encode() not in twin.read_bytes()
    again = json.loads(tamis_cli("build", hello, "--native", "--json").out)["modules"][0]["native"]
    assert (again["cached"], again["size"]) == (True, module["native"]["size"])
    assert json.loads(tamis_cli("build", hello, "--json").out)["modules"][0]["native"] is None


def test_a_mistake_is_told_as_the_compiler_does(hello: Path, tamis_cli):
    source = hello / "filter.cc"
    # A module has addresses of 32 bits, a machine has 64.
    source.write_text(source.read_text() + 'static_assert(sizeof(void*) == 4, "narrow");\n')
    assert tamis_cli("build", hello).code == 0
    ended = tamis_cli("build", hello, "--native")
    assert ended.code == 1
    assert f"filter.cc:{len(source.read_text().splitlines())}:" in ended.err.splitlines()[0]
    assert not (hello / "build" / "hello.native.so").exists()


@pytest.mark.parametrize(
    ("language", "why"),
    [
        ("go", "Go imports host functions into WebAssembly alone"),
        ("c", "the SDK for C is written for WebAssembly"),
    ],
)
def test_what_has_no_twin_is_refused_by_name(
    language: str, why: str, tmp_path: Path, monkeypatch, tamis_cli
):
    monkeypatch.chdir(tmp_path)
    assert tamis_cli("new", "first", "--language", language).code == 0
    ended = tamis_cli("test", "first", "--host", "native")
    if language == "go" and ended.code == 3:
        pytest.fail(ended.err)
    assert (ended.code, why in ended.err) == (2, True), ended.err


def test_a_module_has_no_source_to_compile(hello: Path, tamis_cli):
    assert tamis_cli("build", hello).code == 0
    module = hello / "build" / "hello.wasm"
    ended = tamis_cli("test", module, "--fixtures", hello / "fixtures", "--host", "native")
    assert ended.code == 2
    assert "has no source to compile natively" in ended.err


def test_what_envoy_has_no_means_for_is_told_when_the_twin_is_built(
    tmp_path: Path, monkeypatch, tamis_cli
):
    monkeypatch.chdir(tmp_path)
    assert tamis_cli("new", "first", "--language", "cpp", "--kind", "network").code == 0
    told = (
        "proxy_on_downstream_data: modules that filter connections have an interface of their own"
    )
    ended = tamis_cli("build", "first", "--native")
    assert (ended.code, f"in Envoy it cannot {told}" in ended.out) == (0, True), ended.out
    built = json.loads(tamis_cli("build", "first", "--native", "--json").out)["modules"][0]
    assert "proxy_on_downstream_data" in {each["name"] for each in built["native"]["unsupported"]}
    ended = tamis_cli("test", "first", "--host", "envoy-native")
    assert ended.code == 1
    assert "first cannot run natively in Envoy: it has proxy_on_" in ended.err
    ended = tamis_cli("test", "first", "--host", "native", "--host", "wasmtime", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["differences"] == []


def test_replays_have_the_hash_of_the_module_s(hello: Path, tamis_cli):
    def told(*more: str):
        ended = tamis_cli("replay", hello, "--repeat", "3000", "--json", *more)
        assert ended.code == 0, ended.err
        return json.loads(ended.out)["replays"][0]

    module, native = told(), told("--host", "native", "--threads", "2")
    assert (module["host"][:8], native["host"]) == ("wasmtime", "native")
    assert module["hash"] == native["hash"]
    assert told("--host", "native@1.36")["host"] == "native as envoy 1.36"
    assert module["exchanges"] == native["exchanges"] == 3000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--host", "envoy"), "a real Envoy does not replay"),
        (("--host", "native", "--fuel"), "native code counts no fuel"),
        (("--host", "nowhere"), "not a host tamis has"),
    ],
)
def test_what_cannot_be_replayed(hello: Path, tamis_cli, options, words):
    ended = tamis_cli("replay", hello, *options)
    assert (ended.code, words in ended.err) == (2, True), ended.err
