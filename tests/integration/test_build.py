"""`tamis build` as users run it: the cache, the lock file, proofs, watching, interruptions."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.registry import LoopbackRegistry

_TAMIS = (sys.executable, "-m", "tamis")


def module(ended) -> dict:
    assert ended.code == 0, ended.out + ended.err
    (built,) = json.loads(ended.out)["modules"]
    return built


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache but for zig's, which takes a minute to fill."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    monkeypatch.setenv("ZIG_GLOBAL_CACHE_DIR", str(base / "tamis" / "zig"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "tamis"


def test_a_second_build_comes_from_the_cache(hello: Path, own_cache: Path, tamis_cli):
    first = module(tamis_cli("build", hello, "--json"))
    again = module(tamis_cli("build", hello, "--json"))
    assert (first["cached"], again["cached"]) == (False, True)
    assert first["digest"] == again["digest"]
    assert again["steps"] == []
    assert "from the cache" in tamis_cli("build", hello).out
    other = shutil.copytree(hello, hello.parent / "elsewhere" / "hello")
    assert module(tamis_cli("build", other, "--json"))["cached"]


#: What starting and parsing take; everything else must wait until it is needed.
_LIGHT = {"annotated_doc", "shellingham", "tamis", "typer"}
_HEAVY = {"asyncio", "concurrent", "email", "http", "importlib.metadata", "multiprocessing", "ssl"}
_ROOMS = {"_core", "checks", "compare", "envoy", "fixtures", "host", "manifests", "oci", "wasm"}
_TESTS = {"model.exchange", "model.expectation", "model.outcome", "model.tested"}


def test_a_cached_build_loads_only_what_it_needs(hello: Path, own_cache: Path, tamis_cli):
    assert not module(tamis_cli("build", hello, "--json"))["cached"]
    code = (
        "import sys; before = set(sys.modules)\n"
        "from tamis.cli.main import run\n"
        "try: run(['build', sys.argv[1]])\n"
        "finally: print(*(set(sys.modules) - before))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, hello], capture_output=True, text=True, check=True,
        env={k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "TTY_COMPATIBLE")},
    ).stdout  # fmt: skip
    assert "from the cache" in told
    loaded = set(told.splitlines()[-1].split())
    ours = {name.removeprefix("tamis.") for name in loaded if name.startswith("tamis.")}
    roots = {name.partition(".")[0] for name in loaded}
    assert "cli.build" in ours
    assert roots - _LIGHT <= sys.stdlib_module_names
    assert loaded & _HEAVY == set()
    assert {name.partition(".")[0] for name in ours} & _ROOMS == set()
    assert ours & _TESTS == set()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("filter.cc", "world", "moon"),
        ("tamis.toml", "1.2.3", "1.2.4"),
        ("tamis.toml", 'greeting = "hi"', 'greeting = "ho"'),
        ("tamis.toml", "[publish]", '[cpp]\noptimize = "speed"\n[publish]'),
        ("config.schema.json", '"type": "string"', '"type": "string", "minLength": 1'),
    ],
)
def test_what_may_change_the_bytes_is_built_anew(
    file: str, old: str, new: str, hello: Path, own_cache: Path, tamis_cli
):
    first = module(tamis_cli("build", hello, "--json"))
    text = (hello / file).read_text()
    (hello / file).write_text(text.replace(old, new))
    changed = module(tamis_cli("build", hello, "--json"))
    assert not changed["cached"]
    assert changed["digest"] != first["digest"]
    (hello / file).write_text(text)
    back = module(tamis_cli("build", hello, "--json"))
    assert (back["cached"], back["digest"]) == (True, first["digest"])


def test_a_header_from_outside_makes_a_build_that_is_not_kept(
    hello: Path, own_cache: Path, tamis_cli
):
    (hello.parent / "outside.h").write_text('#define WORLD "world"\n')
    source = hello / "filter.cc"
    text = source.read_text().replace('"world"', "WORLD")
    source.write_text(f'#include "../outside.h"\n{text}')
    first = module(tamis_cli("build", hello, "--json"))
    (hello.parent / "outside.h").write_text('#define WORLD "moon"\n')
    second = module(tamis_cli("build", hello, "--json"))
    assert (first["cached"], second["cached"]) == (False, False)
    assert first["digest"] != second["digest"]


def test_readme_and_fixtures_do_not_change_the_digest(hello: Path, own_cache: Path, tamis_cli):
    first = module(tamis_cli("build", hello, "--json"))
    lock = (hello / "build.lock.json").read_bytes()
    (hello / "README.md").write_text("new words\n")
    (hello / "fixtures" / "more.txt").write_text("x")
    assert module(tamis_cli("build", hello, "--json"))["digest"] == first["digest"]
    assert (hello / "build.lock.json").read_bytes() == lock


def test_a_damaged_entry_is_built_again(hello: Path, own_cache: Path, tamis_cli):
    first = module(tamis_cli("build", hello, "--json"))
    (entry,) = (own_cache / "builds").iterdir()
    entry.write_bytes(entry.read_bytes()[:-1] + b"!")
    again = module(tamis_cli("build", hello, "--json"))
    assert (again["cached"], again["digest"]) == (False, first["digest"])


def test_cache_shows_and_prunes(hello: Path, own_cache: Path, tamis_cli):
    module(tamis_cli("build", hello, "--json"))
    kept = {each["kind"]: each for each in json.loads(tamis_cli("cache", "--json").out)["caches"]}
    assert kept["builds"]["files"] == 1
    assert tamis_cli("cache", "prune", "--days", "1", "--json").code == 0
    assert module(tamis_cli("build", hello, "--json"))["cached"]
    pruned = json.loads(tamis_cli("cache", "prune", "--json").out)
    assert pruned["freed"] > 0
    assert not module(tamis_cli("build", hello, "--json"))["cached"]
    assert tamis_cli("cache", "burn").code == 2
    assert tamis_cli("cache", "prune", "--days", "-1").code == 2


def test_explain_shows_what_is_done(hello: Path, tamis_cli):
    assert tamis_cli("build", hello).code == 0
    explained = tamis_cli("build", hello, "--explain")
    assert explained.code == 0
    for words in ("compile filter.cc", "link hello", "strip", "embed metadata", "load in wasmtime"):
        assert words in explained.out
    assert "zig c++ -target wasm32-freestanding" in explained.out
    steps = module(tamis_cli("build", hello, "--explain", "--json"))["steps"]
    assert [step["what"] for step in steps][:4] == [
        "compile filter.cc", "link hello", "strip", "embed metadata",
    ]  # fmt: skip
    assert steps[3]["size"] == (hello / "build" / "hello.wasm").stat().st_size


def test_warnings_are_shown(hello: Path, own_cache: Path, tamis_cli):
    source = hello / "filter.cc"
    source.write_text(source.read_text() + "static int unused;\n")
    assert "unused variable 'unused'" in tamis_cli("build", hello).out


def test_the_lock_file_is_written_and_held(hello: Path, tamis_cli):
    ended = tamis_cli("build", hello, "--locked")
    assert (ended.code, "has no build.lock.json" in ended.err) == (2, True)
    built = module(tamis_cli("build", hello, "--json"))
    lock = json.loads((hello / "build.lock.json").read_text())
    assert (lock["digest"], lock["size"]) == (built["digest"], built["size"])
    assert lock["toolchain"].startswith("zig ")
    assert tamis_cli("build", hello, "--locked").code == 0
    source = hello / "filter.cc"
    source.write_text(source.read_text().replace("world", "moon"))
    before = (hello / "build" / "hello.wasm").read_bytes()
    ended = tamis_cli("build", hello, "--locked")
    assert (ended.code, "is locked to sha256:" in ended.err) == (1, True)
    assert (hello / "build" / "hello.wasm").read_bytes() == before
    (hello / "build.lock.json").write_text(json.dumps({**lock, "toolchain": "zig 0.1.0"}))
    ended = tamis_cli("build", hello, "--locked")
    assert (ended.code, "locked to toolchain zig 0.1.0" in ended.err) == (3, True)


def test_two_builds_make_the_same_bytes(hello: Path, tamis_cli):
    ended = tamis_cli("build", hello, "--reproduce")
    assert (ended.code, "two builds, the same bytes" in ended.out) == (0, True)
    assert not (hello / "build").exists()
    assert not (hello / "build.lock.json").exists()


def test_a_build_that_does_not_repeat_is_told(hello: Path, tmp_path: Path, tamis_cli):
    # The include is absolute: the copy reads the original, whose bytes change in between.
    counter = tmp_path / "counter.h"
    os.mkfifo(counter)
    source = hello / "filter.cc"
    text = source.read_text().replace('"world"', "WORLD")
    source.write_text(f'#include "{counter}"\n{text}')

    def feed() -> None:
        for number in range(2):
            with contextlib.suppress(OSError), counter.open("w") as pipe:
                pipe.write(f'#define WORLD "world {number}"\n')
            time.sleep(0.05)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(feed)
        ended = tamis_cli("build", hello, "--reproduce", "--json")
    document = json.loads(ended.out)
    assert (ended.code, document["ok"]) == (1, False)
    assert "two builds of the same source made" in document["problems"][0]["message"]
    assert document["reproduced"][0]["ok"] is False


def test_a_prebuilt_filter_may_be_an_artifact(hello: Path, own_cache: Path, tamis_cli):
    with LoopbackRegistry() as registry:
        place = f"{registry.host}/acme/hello"
        pushed = json.loads(tamis_cli("push", hello, place, "--json").out)
        other = hello.parent / "again"
        shutil.copytree(hello / "fixtures", other / "fixtures")
        (other / "tamis.toml").write_text(
            'name = "again"\nversion = "2.0.0"\nlanguage = "prebuilt"\n'
            f'sources = ["oci://{place}@{pushed["digest"]}"]\n'
        )
        assert tamis_cli("test", other).code == 0
    # It is pinned: once fetched, nobody asks the registry again.
    assert module(tamis_cli("build", other, "--json"))["cached"]
    inspected = json.loads(tamis_cli("inspect", other, "--json").out)["modules"][0]
    assert inspected["metadata"]["name"] == "again"


def test_parallel_builds_of_one_filter_agree(hello: Path, own_cache: Path):
    def once(_: int) -> subprocess.CompletedProcess[str]:
        command = (*_TAMIS, "build", str(hello), "--json")
        return subprocess.run(command, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(3) as pool:
        ended = list(pool.map(once, range(3)))
    assert [each.returncode for each in ended] == [0, 0, 0], [each.stderr for each in ended]
    digests = {json.loads(each.stdout)["modules"][0]["digest"] for each in ended}
    assert len(digests) == 1
    assert [path.name for path in (hello / "build").iterdir()] == ["hello.wasm"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_nothing(
    hello: Path, own_cache: Path, tmp_path: Path, number: int
):
    # A source that compiles for ever.
    (hello / "filter.cc").write_text(
        "template <int N> struct F { static constexpr long v = F<N - 1>::v + F<N - 2>::v; };\n"
        "constexpr long slow(long n) { return n < 2 ? n : slow(n - 1) + slow(n - 2); }\n"
        "long x = slow(60);\n"
    )
    manifest = hello / "tamis.toml"
    flags = '[cpp]\nflags = ["-fconstexpr-steps=2147483647"]\n\n[publish]'
    manifest.write_text(manifest.read_text().replace("[publish]", flags))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = subprocess.Popen(
        (*_TAMIS, "build", str(hello)),
        env={**os.environ, "TMPDIR": str(scratch)},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not list(scratch.glob("tamis-build-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    assert process.poll() is None, process.stderr.read() if process.stderr else ""
    process.send_signal(number)
    assert process.wait(timeout=15) == (130 if number == signal.SIGINT else 143)
    assert list(scratch.iterdir()) == []
    assert not (hello / "build").exists()
    process.communicate()
    assert _commands_with(str(scratch)) == []


def _commands_with(text: str) -> list[str]:
    """Command lines of running processes that hold `text`."""
    if not Path("/proc/self").exists():
        listed = subprocess.run(
            ["ps", "-axo", "command"], capture_output=True, text=True, check=True
        )
        return [line for line in listed.stdout.splitlines() if text in line]
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in found if text in line]


def _line(process: subprocess.Popen[str], seconds: float = 60) -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    assert ready, "nothing was told"
    return process.stdout.readline()


@pytest.mark.parametrize("verb", ["build", "test"])
def test_watching_tells_each_verdict(verb: str, hello: Path):
    process = subprocess.Popen(
        (*_TAMIS, verb, str(hello), "--watch", "--json"), stdout=subprocess.PIPE, text=True
    )
    source = hello / "filter.cc"
    text = source.read_text()
    try:
        assert json.loads(_line(process))["ok"] is True
        source.write_text(text + "int oops\n")
        broken = json.loads(_line(process))
        assert (broken["ok"], broken["problems"][0]["kind"]) == (False, "rejected")
        source.write_text(text.replace('"x-hello"', '"x-hullo"'))
        changed = json.loads(_line(process))
        assert changed["ok"] is (verb == "build")
        source.write_text(text)
        assert json.loads(_line(process))["ok"] is True
        # What tamis itself writes wakes nobody.
        assert not select.select([process.stdout], [], [], 1)[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=15)
    assert process.returncode == 0
