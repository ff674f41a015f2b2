"""The filters whose costs are compared: each does the same in every host, and what it is compared
with, Envoy's own filter or a script in Lua, does the same as the filter.
"""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tamis import compare, fixtures, project, wasm
from tamis.envoy import Judge, find, native, wiring
from tamis.envoy.judging import server, session

FOLDER = Path(__file__).parents[2] / "benchmarks" / "filters"
HEADER_POLICY = FOLDER.parents[1] / "filters" / "header-policy"
LUA = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"
OURS = ("callout", "noop", "one-header", "redact", "six-reads")
OTHERS = [
    "one-header-by-hand",
    *(
        pytest.param(f"one-header-{language}", marks=pytest.mark.toolchain(language))
        for language in ("rust", "go")
    ),
]
PEERS = [
    pytest.param(path, id=f"{path.parent.name}/{path.name}")
    for path in sorted(FOLDER.glob("*/compare.*"))
]
pytestmark = [pytest.mark.envoy, pytest.mark.timeout(300)]


def agree(name: str, hosts: tuple[str, ...], tamis_cli) -> None:
    named = [part for host in hosts for part in ("--host", host)]
    ended = tamis_cli("test", FOLDER / name, *named, "--json")
    assert ended.code == 0, ended.out + ended.err
    document = json.loads(ended.out)
    written = len(list((FOLDER / name / "fixtures").glob("*.yaml")))
    assert len(document["runs"]) == len(hosts) * written >= 2 * len(hosts)
    assert (document["differences"], document["not_comparable"]) == ([], [])


@pytest.mark.parametrize("name", OURS)
def test_a_filter_does_the_same_in_all_hosts(name: str, tamis_cli):
    agree(name, ("wasmtime", "native", "envoy"), tamis_cli)


@pytest.mark.parametrize("name", OTHERS)
def test_a_filter_without_our_sdk_does_the_same_in_both_hosts(name: str, tamis_cli):
    agree(name, ("wasmtime", "envoy"), tamis_cli)


@pytest.mark.parametrize("how", ["by-hand", "rust", "go"])
def test_filters_without_our_sdk_are_held_to_the_same(how: str):
    ours, other = FOLDER / "one-header", FOLDER / f"one-header-{how}"
    names = sorted(path.relative_to(ours) for path in ours.glob("**/*.yaml"))
    for path in (*(each for each in names if each.parent.name), Path("config.schema.json")):
        assert (other / path).read_bytes() == (ours / path).read_bytes()
    assert (other / "config.json").read_bytes() == (ours / "config.json").read_bytes()


def test_callout_is_what_new_writes(tmp_path: Path, monkeypatch, tamis_cli):
    monkeypatch.chdir(tmp_path)
    words = ("--kind", "callout", "--language", "cpp")
    assert tamis_cli("new", "callout", *words).code == 0
    ours, scaffold = FOLDER / "callout", tmp_path / "callout"
    for name in ("filter.cc", "config.json", "config.schema.json"):
        assert (ours / name).read_bytes() == (scaffold / name).read_bytes()
    written = sorted(path.name for path in (scaffold / "fixtures").glob("*.yaml"))
    assert written == sorted(path.name for path in (ours / "fixtures").glob("*.yaml"))
    for name in written:  # but for the line that names the schema
        both = [(each / "fixtures" / name).read_text().splitlines() for each in (ours, scaffold)]
        assert both[0][1:] == both[1][1:]


@pytest.mark.parametrize(
    ("folder", "most"), [(FOLDER / "one-header", 2048), (HEADER_POLICY, 12288)]
)
def test_modules_are_small(folder: Path, most: int, tamis_cli):
    """With all that tamis notes in them."""
    ended = tamis_cli("build", folder, "--json")
    assert ended.code == 0, ended.err
    (built,) = json.loads(ended.out)["modules"]
    module = Path(built["path"]).read_bytes()
    assert len(module) == built["size"] <= most
    assert wasm.read(module).metadata


@pytest.mark.parametrize("path", PEERS)
def test_what_a_filter_is_compared_with_does_the_same(path: Path, monkeypatch):
    """Where Envoy takes a module of the user's, it gets the peer; the wire shows what that does."""
    typed = of(path)
    monkeypatch.setattr(native, "module_config", lambda *_: typed)
    monkeypatch.setattr(wiring, "DYNAMIC", typed["@type"])
    for room in (server, session):
        monkeypatch.setattr(room, "kind_of", lambda _: "module")
    filter_ = project.read(path.parent)
    config = filter_.config.encode()
    # A peer is written for the default configuration.
    read = [
        each
        for each in fixtures.find(filter_.fixtures, default_config=config)
        if each.config == config
    ]
    assert read
    with Judge(find()) as judge:
        for fixture in read:
            run = compare.judge(fixture, judge.run(fixture, b"peer"))
            assert run.problems == ()
            assert run.outcome
            assert len(run.outcome.exchanges) == len(fixture.steps)
            assert "exchanges" not in {each.path for each in run.skipped}


def of(path: Path) -> dict[str, object]:
    """The typed_config of a filter to compare with."""
    text = path.read_text()
    if path.suffix != ".lua":
        return YAML(typ="safe").load(text)
    return {"@type": LUA, "default_source_code": {"inline_string": text}}
