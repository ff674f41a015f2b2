"""Every rule: what it finds, how severe that is, and for which target."""

import struct
from pathlib import Path

import pytest
from tests.load_cases import CASES, GOOD, LENIENT, module

from tamis.abi import table
from tamis.checks import check
from tamis.model.artifact import Metadata
from tamis.model.filter import Budgets, Filter
from tamis.model.finding import Finding
from tamis.profiles import Profile, resolve
from tamis.wasm import read

ENVOY = resolve("envoy@1.40")
ISTIO = resolve("istio@1.30")
METADATA = Metadata("x", "1.0.0", root_id="x", config_schema="{}")


def found(data: bytes, *targets: Profile, **more: object) -> tuple[Finding, ...]:
    return check(read(data), METADATA, targets or (ENVOY,), **more)  # type: ignore[arg-type]


def ids(findings: tuple[Finding, ...], *severities: str) -> set[str]:
    return {each.id for each in findings if not severities or each.severity in severities}


def filter_of(size: int | None = None) -> Filter:
    return Filter(Path("/f"), "x", "1.0.0", "cpp", (), budgets=Budgets(size=size))


@pytest.mark.parametrize("name", CASES)
def test_what_envoy_refuses_is_an_error_in_envoys_words(name: str) -> None:
    text, wanted, words = CASES[name]
    findings = found(module(text))
    assert ids(findings, "error") == wanted
    assert words in next(each.message for each in findings if each.severity == "error")
    assert all(each.advice for each in findings)


@pytest.mark.parametrize("name", LENIENT)
def test_what_envoy_loads(name: str) -> None:
    text, wanted = LENIENT[name]
    findings = found(module(text))
    assert ids(findings, "error", "warning") == wanted
    assert all(each.advice for each in findings)


def test_an_entry_point_is_judged_where_it_is_one() -> None:
    text = module(CASES["__main_void of another type, beside main"][0])
    assert ids(found(text, resolve("envoy@1.39")), "error") == {"load/entry-type"}
    assert ids(found(text, resolve("envoy@1.38")), "error") == set()


def test_start_section_that_calls_the_host() -> None:
    text = GOOD.replace("(module", '(module (import "env" "proxy_done" (func $d (result i32)))', 1)
    text = text[:-1] + "(func $s (drop (call $d))) (start $s))"
    (finding,) = [each for each in found(module(text)) if each.severity == "error"]
    assert finding.id == "load/start-calls-host"
    assert "env.proxy_done: Envoy 1.40 crashes" in finding.message


def test_a_component() -> None:
    (finding,) = found(b"\0asm\x0d\0\x01\0")
    assert (finding.id, finding.severity) == ("load/component", "error")
    assert "Missing or unknown Proxy-Wasm ABI version" in finding.message


PREAD = GOOD.replace(
    "(module",
    '(module (import "wasi_snapshot_preview1" "fd_pread" '
    "(func (param i32 i32 i32 i64 i32) (result i32)))",
    1,
)


def test_wasi_of_a_newer_envoy_is_told_for_the_targets_that_lack_it() -> None:
    findings = found(module(PREAD), ISTIO, ENVOY)
    assert [(each.id, each.target) for each in findings] == [("load/import-version", "istio@1.30")]
    assert "missing import: wasi_snapshot_preview1.fd_pread" in findings[0].message
    assert "from 1.39 on, istio@1.30 is Envoy 1.38" in findings[0].advice
    assert found(module(PREAD), ENVOY) == ()


def test_a_finding_of_all_targets_is_told_once() -> None:
    text, _, _ = CASES["unknown import"]
    findings = found(module(text), ISTIO, ENVOY)
    assert [(each.id, each.target) for each in findings] == [("load/unknown-import", None)]
    assert [each.target for each in found(module(text), ENVOY, ENVOY)] == [None]


def test_an_import_of_one_product_alone() -> None:
    text, _, _ = CASES["unknown import"]
    own = Profile("own", "own", "Own", "1.0", "1.40", ENVOY.wasi, frozenset(("proxy_nope",)))
    assert found(module(text), own) == ()


def test_did_you_mean() -> None:
    text = GOOD.replace("(module", '(module (import "env" "proxy_get_buffer_byte" (func))', 1)
    (finding,) = found(module(text))
    assert finding.advice == "Did you mean env.proxy_get_buffer_bytes?"
    misspelt, _ = LENIENT["misspelt callback"]
    assert found(module(misspelt))[0].advice == "Did you mean proxy_on_request_headers?"


def test_worst_first() -> None:
    text, _, _ = CASES["unknown import"]
    text = text[:-1] + '(func (export "proxy_on_logg")))'
    filter_ = filter_of()
    findings = check(read(module(text)), Metadata("x", "1"), [ENVOY], filter=filter_)
    assert [each.severity for each in findings] == ["error", "warning", "note", "note"]
    assert ids(findings, "note") == {"load/no-root-id", "load/no-config-schema"}
    assert findings[-1].place is not None
    assert findings[-1].place.file == filter_.manifest


def test_size_budget() -> None:
    data = module(GOOD)
    assert found(data, filter=filter_of(len(data))) == ()
    (finding,) = found(data, filter=filter_of(len(data) - 1))
    assert finding.id == "budget/size"
    assert "1 more than its budget" in finding.message


def test_size_limit_of_the_target() -> None:
    data = module(GOOD)
    small = Profile("p", "p", "P", "1.0", "1.40", limits={"module_size": len(data) - 1})
    assert ids(found(data, small)) == {"load/size-limit"}


def custom(name: bytes, payload: bytes) -> bytes:
    content = bytes((len(name),)) + name + payload
    assert len(content) < 128
    return struct.pack("BB", 0, len(content)) + content


def test_what_need_not_travel() -> None:
    data = module(GOOD) + custom(b".debug_info", b"/home/joe/src/x.cc\0")
    debug, paths = sorted(found(data), key=lambda each: each.id)
    assert (debug.id, debug.severity) == ("load/debug-sections", "note")
    assert f"19 of its {len(data)} bytes are debug sections: .debug_info" in debug.message
    assert (paths.id, paths.severity) == ("load/machine-paths", "warning")
    assert "/home/joe/src/x.cc" in paths.message


def test_hosts_that_try_to_load_it() -> None:
    asked: list[str] = []

    def refuse(profile: Profile) -> str | None:
        asked.append(profile.name)
        return "no room" if profile is ISTIO else None

    (finding,) = found(module(GOOD), ISTIO, ENVOY, loads={"somehost 1.0": refuse})
    assert (finding.id, finding.target) == ("load/refused", "istio@1.30")
    assert finding.message == "somehost 1.0 refuses it: no room"
    asked.clear()
    found(module(GOOD), ENVOY, filter=filter_of(1), loads={"somehost 1.0": refuse})
    assert asked == ["envoy@1.40"], "a budget says nothing about loading"
    asked.clear()
    found(module(CASES["unknown import"][0]), ENVOY, loads={"somehost 1.0": refuse})
    assert asked == [], "a static rule has told why already"


def test_a_target_newer_than_known() -> None:
    (finding,) = found(module(GOOD), resolve("istio@1.99"), ENVOY)
    assert (finding.id, finding.severity) == ("target/version", "warning")
    assert finding.target == "istio@1.99"
    assert "judged as 1.31" in finding.message


def everything(abi: str) -> str:
    """All that a module of this ABI may import and export, with the types of the table."""
    words = {"i": "i32", "I": "i64"}

    def shape(params: str, results: str) -> str:
        return "".join(f" (param {words[p]})" for p in params) + "".join(
            f" (result {words[r]})" for r in results
        )

    imports = "".join(
        f'(import "{place}" "{name}" (func{shape(entry.params, entry.results)}))'
        for name, entry in table.imports().items()
        if abi in entry.abis
        for place in entry.modules
    )
    callbacks = "".join(
        f'(func (export "{name}"){shape(entry.params[abi], entry.results)} unreachable)'
        for name, entry in table.callbacks().items()
        if abi in entry.abis
    )
    marker = next(name for name, version in table.markers().items() if version == abi)
    return (
        f'(module {imports} (memory (export "memory") 1) (func (export "{marker}")) '
        f'(func (export "malloc") (param i32) (result i32) unreachable) {callbacks})'
    )


@pytest.mark.parametrize("abi", table.ABI_VERSIONS)
def test_nothing_is_said_against_the_whole_abi(abi: str) -> None:
    assert found(module(everything(abi))) == ()
    older = found(module(everything(abi)), resolve("envoy@1.38"))
    assert ids(older) == {"load/import-version"}
    assert len(older) == 2 * 27, "27 functions, under the two names of WASI"
