"""`tamis bench`, as a user meets it."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import wasmtime

import tamis
from tamis import schemas

MODULE = """(module
  (import "env" "proxy_get_header_map_value"
    (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "x-ax-bx-cx-d")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) i32.const 4096)
  (func $look (param i32) (drop (call $get (i32.const 0) (local.get 0) (i32.const 3) (i32.const 64)
    (i32.const 68))))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (call $look (i32.const 16)) (call $look (i32.const 19)) (call $look (i32.const 22))
    {more} i32.const 0))"""
FIXTURE = """\
name: four headers
exchanges:
- request: {headers: [[":method", GET], [":path", /], [x-a, a], [x-b, b], [x-c, c], [x-d, d]]}
"""
MANIFEST = """\
name = "looks"
version = "{version}"
language = "prebuilt"
sources = ["looks.wasm"]

[budgets]
# Of any exchange.
crossings = {crossings}
"""


def write(folder: Path, *, more: str = "", crossings: int = 10, version: str = "1.0.0") -> None:
    (folder / "fixtures").mkdir(parents=True, exist_ok=True)
    (folder / "looks.wasm").write_bytes(wasmtime.wat2wasm(MODULE.replace("{more}", more)))
    (folder / "fixtures" / "four.yaml").write_text(FIXTURE)
    manifest = MANIFEST.format(version=version, crossings=crossings)
    (folder / "tamis.toml").write_text(manifest)


MORE = "(call $look (i32.const 25))"


@pytest.fixture
def looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A filter that reads three headers one by one: seven crossings."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "looks")
    return tmp_path / "looks"


def card_of(ended) -> dict:
    found = json.loads(ended.out)
    jsonschema.validate(found, schemas.of_output("bench"))
    return found["cards"][0]


def test_the_card_tells_what_an_exchange_costs(looks, tamis_cli):
    ended = tamis_cli("bench", looks)
    assert ended.code == 0, ended.err
    lines = ended.out.splitlines()
    assert lines[0].startswith("looks 1.0.0: 1 exchange of 1 fixture, counted in wasmtime ")
    assert lines[3].split() == ["crossings", "7", "7", "four", "headers,", "step", "0"]
    assert "reads 3 request headers one by one: 6 crossings, 2.5 us" in ended.out
    assert "ok budget crossings: 7 of 10" in lines
    assert lines[-1].startswith("ok looks: 7 crossings an exchange, ")


def test_the_object_is_what_its_schema_says(looks, tamis_cli):
    card = card_of(tamis_cli("bench", looks, "--json"))
    assert (card["ok"], card["exchanges"], card["exchange"]["mean"]["crossings"]) == (True, 1, 7)
    assert card["cold"]["compile"]["runs"] >= 1
    assert card["module"]["size"] == (looks / "build" / "looks.wasm").stat().st_size


def test_what_is_exact_is_the_same_each_time(looks, tamis_cli):
    cards = [card_of(tamis_cli("bench", looks, "--json")) for _ in range(2)]
    for card in cards:
        del card["cold"]
    assert cards[0] == cards[1]


def test_a_budget_that_is_broken_names_its_line(looks, tamis_cli):
    write(looks, crossings=6)
    ended = tamis_cli("bench", looks)
    assert ended.code == 1
    where = f"{looks / 'tamis.toml'}:8:1"
    told = f"no {where}: budget crossings: 7 in four headers, step 0, 1 more than 6"
    assert told in ended.out.splitlines()
    quiet = tamis_cli("bench", looks, "--quiet")
    assert (quiet.code, told in quiet.out) == (1, True)
    found = json.loads(tamis_cli("bench", looks, "--json").out)
    assert [(each["kind"], each["place"]) for each in found["problems"]] == [("budget", where)]


def test_the_command_line_stands_in_for_tamis_toml(looks, tamis_cli):
    write(looks, crossings=6)
    ended = tamis_cli("bench", looks, "--budget", "crossings=7", "--budget", "allocations=2")
    assert ended.code == 1
    assert "ok budget crossings: 7 of 7" in ended.out
    broken = tamis_cli("bench", looks, "--budget", "crossings=5").out.splitlines()
    assert "no budget crossings: 7 in four headers, step 0, 2 more than 5" in broken
    assert "no budget allocations: 3 in four headers, step 0, 1 more than 2" in ended.out


def test_an_older_card_is_compared(looks, tamis_cli):
    old = looks / "old.json"
    old.write_text(tamis_cli("bench", looks, "--json").out)
    same = tamis_cli("bench", looks, "--against", old)
    assert "  no change" in same.out.splitlines()
    write(looks, more=MORE, version="1.1.0")
    card = card_of(tamis_cli("bench", looks, "--against", old, "--against", old, "--json"))
    assert [each["past"]["version"] for each in card["against"]] == ["1.0.0", "1.0.0"]
    changed = {
        each["what"]: (each["before"], each["now"]) for each in card["against"][0]["changes"]
    }
    assert changed["crossings"] == (7, 9)
    assert changed["proxy_get_header_map_value"] == changed["allocations"] == (3, 4)
    assert changed["size"][0] < changed["size"][1]
    assert "fuel" in changed


def test_every_report(looks, tamis_cli, monkeypatch):
    write(looks, crossings=6)
    names = {"html": "card.html", "markdown": "card.md", "junit": "card.xml"}
    reports = [f"--report={kind}={looks / name}" for kind, name in names.items()]
    ended = tamis_cli("bench", looks, *reports, "--report=github")
    assert ended.code == 1
    for name in names.values():
        assert "budget crossings: 7 in four headers, step 0" in (looks / name).read_text()
    assert "line=8,col=1" in ended.err
    summary = looks / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    tamis_cli("bench", looks, "--report=github")
    assert summary.read_text() == (looks / "card.md").read_text().replace(
        *_cold_of(looks / "card.md", summary)
    )


def _cold_of(*files):
    """The one line that is timed, in each of the files."""
    return tuple(
        next(line for line in file.read_text().splitlines() if line.startswith("- start:"))
        for file in files
    )


def test_a_fixture_that_breaks_is_no_cost(looks, tamis_cli):
    write(looks, more="unreachable")
    ended = tamis_cli("bench", looks)
    assert ended.code == 1
    assert "no four headers: trap unreachable in proxy_on_request_headers: " in ended.out
    problems = json.loads(tamis_cli("bench", looks, "--json").out)["problems"]
    assert problems[0]["kind"] == "bench"


def test_the_native_twin_is_timed_beside_the_module(hello, tamis_cli):
    ended = tamis_cli("bench", hello, "--host", "native", "--host", "wasmtime")
    assert ended.code == 0, ended.err
    (told,) = (line for line in ended.out.splitlines() if "in this process: " in line)
    assert re.search(
        r"in this process: wasm [\d.]+ [nu]s an exchange, native [\d.]+ [nu]s \([\d.]+x\);"
        " no claim about Envoy",
        told,
    )
    cold = card_of(tamis_cli("bench", hello, "--host", "native", "--json"))["cold"]
    assert cold["native"]["runs"] == cold["exchange"]["runs"] >= 1
    assert card_of(tamis_cli("bench", hello, "--json"))["cold"]["native"] is None


def test_what_breaks_natively_alone_is_told(hello, tamis_cli):
    source = hello / "filter.cc"
    breaks = "if (sizeof(void*) == 8) __builtin_trap();\n    headers.set("
    source.write_text(source.read_text().replace("headers.set(", breaks))
    assert tamis_cli("bench", hello).code == 0
    ended = tamis_cli("bench", hello, "--host", "native")
    assert (ended.code, "the native twin breaks, the module does not" in ended.err) == (1, True)


def test_only_exchanges_are_timed_natively(hello, tamis_cli):
    (hello / "fixtures" / "added.yaml").write_text("name: ticks\nexchanges: [{tick: 1s}]\n")
    ended = tamis_cli("bench", hello, "--host", "native")
    assert (ended.code, "no fixture begins with an exchange" in ended.err) == (2, True), ended.err


def test_in_python(looks):
    (subject,) = tamis.subject(str(looks))
    first = tamis.bench(subject, timed=False, budgets={"crossings": 7})
    assert first.ok
    assert first.cold is None
    # The verb and not the room: they must not have one name.
    assert tamis.bench(subject, timed=False, budgets={"crossings": 7}) == first


def test_other_prices_give_another_prediction(looks, tamis_cli):
    from tamis.benches import prices

    text = (Path(prices.__file__).parent / "prices" / "1.40.toml").read_text()
    (looks / "mine.toml").write_text(text.replace('name = "envoy 1.40"', 'name = "mine"'))
    card = card_of(tamis_cli("bench", looks, "--prices", looks / "mine.toml", "--json"))
    assert card["predicted"]["table"] == "mine"


OLD = "old.json"
BAD = {
    "damaged": ('{"verb": "bench", "cards": [', "is not JSON"),
    "binary": (b"\xff\xfe\x00", "is not JSON"),
    "list": ("[]", "is not a cost card"),
    "deep": ("[" * 100_000, "is not JSON"),
    "verb": ('{"tamis": "1", "verb": "test", "ok": true, "problems": []}', "`tamis test` wrote"),
    "shape": (
        '{"tamis": "1", "verb": "bench", "ok": 1, "problems": []}',
        "no card that this tamis",
    ),
    "empty": ('{"tamis": "1", "verb": "bench", "ok": true, "problems": []}', "about no filter"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_older_card_that_is_none(name, looks, tamis_cli):
    content, words = BAD[name]
    (looks / OLD).write_bytes(content if isinstance(content, bytes) else content.encode())
    ended = tamis_cli("bench", looks, "--against", looks / OLD)
    assert ended.code == 2
    assert words in ended.err
    assert OLD in ended.err


def test_an_older_card_of_another_filter(looks, tamis_cli):
    found = json.loads(tamis_cli("bench", looks, "--json").out)
    found["cards"][0]["name"] = "other"
    (looks / OLD).write_text(json.dumps(found))
    ended = tamis_cli("bench", looks, "--against", looks / OLD)
    assert (ended.code, f"{OLD} is about other, not looks" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--against", "none.json"), "cannot read none.json"),
        (("--budget", "crossing=1"), "'crossing' is not a budget"),
        (("--budget", "crossings"), "no KEY=VALUE"),
        (("--budget", "crossings=few"), "'few' is not a value"),
        (("--prices", "none.toml"), "cannot read the price table none.toml"),
        (("--report", "pdf=x"), "not a report"),
        (("--host", "nowhere"), "not a host that bench has"),
        (("--host", "native"), "has no native twin: its source is not here"),
        (("--report", "html=/proc/none/x"), "cannot write the report"),
        (("--fixtures", "nowhere"), "there is no folder nowhere"),
        (("--only", "nothing"), "no fixture has such a name"),
    ],
)
def test_bad_input(arguments, words, looks, tamis_cli):
    ended = tamis_cli("bench", looks, *arguments)
    assert ended.code == 2
    assert words in ended.err


def test_no_fixtures(looks, tamis_cli):
    (looks / "fixtures" / "four.yaml").unlink()
    ended = tamis_cli("bench", looks)
    assert (ended.code, "no fixtures found" in ended.err) == (2, True)


def test_a_module_that_no_host_loads(looks, tamis_cli):
    (looks / "bad.wasm").write_bytes(wasmtime.wat2wasm("(module)"))
    ended = tamis_cli("bench", looks / "bad.wasm", "--fixtures", looks / "fixtures")
    assert (ended.code, "the module does not load" in ended.err) == (2, True)


def test_ship_stops_at_a_broken_budget(looks, tamis_cli):
    write(looks, crossings=6)
    manifest = looks / "tamis.toml"
    manifest.write_text(
        f'{manifest.read_text()}\n[publish]\nrepository = "registry.example/looks"\n'
    )
    command = (
        "ship",
        looks,
        "--host",
        "wasmtime",
        "--target",
        "envoy@1.40",
        "--out",
        looks / "out",
    )
    ended = tamis_cli(*command)
    assert ended.code == 1
    assert f"no {manifest}:8:1: budget crossings: 7 in four headers" in ended.out
    assert not (looks / "out" / "oci").exists()
    found = json.loads(tamis_cli(*command, "--json").out)
    jsonschema.validate(found, schemas.of_output("ship"))
    assert [(each["name"], each["ok"]) for each in found["stages"]][-1] == ("bench", False)
    assert found["problems"][0]["kind"] == "budget"
    assert found["bench"]["cold"] is None
