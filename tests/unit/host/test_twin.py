"""Native code in the host core: what it does, how it breaks, and that a process may end of it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from wasmtime import wat2wasm

from tamis import errors, host
from tamis.model.exchange import Answer, Exchange, Fixture, Request
from tamis.model.plugin import Limits, Plugin
from tamis.model.replayed import Replayed

HEAD = ((":method", "GET"), (":scheme", "http"), (":authority", "localhost"), (":path", "/"))
#: More of the native tests' twin, by the status of the answer.
MORE = """
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <stdio.h>
#include <string.h>
#include TWIN
uint32_t proxy_on_request_headers(uint32_t id, uint32_t count, uint32_t end) {
  const char* what = getenv("WHAT");
  if (what == NULL) return 0;
  proxy_log(2, what, strlen(what));
  if (!strcmp(what, "abort")) abort();
  if (!strcmp(what, "exit")) _exit(7);
  if (!strcmp(what, "kill")) kill(getpid(), SIGKILL);
  if (!strcmp(what, "print")) { printf("printed"); fflush(stdout); }
  return 0;
}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    folder = tmp_path_factory.mktemp("twin")
    (folder / "twin.c").write_text(MORE)
    return compiled(folder / "twin.c", f'-DTWIN="{root / "tests/native/twin.c"}"')


def compiled(source: Path, *flags: str) -> Path:
    made = source.with_suffix(".so")
    command = [sys.executable, "-m", "ziglang", "cc", "-shared", "-fPIC", "-O1", *flags]
    subprocess.run([*command, "-o", made, source], check=True)
    return made


def fixture(*statuses: str, what: str = "") -> Fixture:
    steps = tuple(Exchange(Request(HEAD), Answer(((":status", each),))) for each in statuses)
    plugin = Plugin(environment={"WHAT": what} if what else {})
    return Fixture("native", Path("x.yaml"), steps, plugin=plugin)


def test_it_is_a_guest_like_any_other(library: Path):
    with host.Twin(library) as twin:
        run = twin.run(fixture("200", "200"))
    assert (run.host, run.problems) == ("native", ())
    assert run.outcome
    answers = [dict(each.response.headers) for each in run.outcome.exchanges if each.response]
    assert [each["x-n"] for each in answers] == ["1", "2"]
    assert [line.message for line in run.outcome.logs] == ["loaded", "entered"]
    assert run.outcome.counts.calls["proxy_add_header_map_value"] == 2
    assert run.outcome.counts.fuel is None


def test_each_fixture_meets_fresh_globals(library: Path):
    with host.Twin(library) as twin:
        for _ in range(3):
            outcome = twin.run(fixture("200")).outcome
            assert outcome
            assert outcome.exchanges[0].response
            assert ("x-n", "1") in outcome.exchanges[0].response.headers


@pytest.mark.parametrize(
    ("status", "kind"),
    [("201", "unreachable"), ("202", "oob"), ("203", "deadline"), ("204", "stack"), ("206", "oob")],
)
def test_what_breaks_it_is_a_trap(library: Path, status: str, kind: str):
    with host.Twin(library) as twin:
        outcome = twin.run(fixture(status, "200"), limits=Limits(deadline_ms=100)).outcome
        assert outcome
        assert outcome.trap
        assert (outcome.trap.kind, outcome.trap.callback) == (kind, "proxy_on_response_headers")
        assert outcome.exchanges[1].local_reply
        # The next fixture does not feel it.
        after = twin.run(fixture("200"))
        assert after.outcome
        assert after.outcome.trap is None


def test_abort_is_a_trap(library: Path):
    with host.Twin(library) as twin:
        outcome = twin.run(fixture("200", what="abort")).outcome
    assert outcome
    assert outcome.trap
    assert (outcome.trap.kind, outcome.trap.text) == (
        "unreachable",
        "SIGABRT: the code aborted, as a panic does",
    )
    assert outcome.logs[-1].message == "abort"


@pytest.mark.parametrize(("what", "how"), [("exit", "exit code 7"), ("kill", "SIGKILL")])
def test_a_process_that_ends_is_a_verdict(library: Path, what: str, how: str):
    with host.Twin(library) as twin:
        run = twin.run(fixture("200", what=what))
        assert run.outcome is None
        assert run.problems == (f"the native twin ended its process: {how}",)
        with pytest.raises(errors.Rejected, match=how):
            twin.replay(fixture("200", what=what), 2)
        assert twin.run(fixture("200")).ok


def test_what_it_prints_reaches_no_answer(library: Path, capfd: pytest.CaptureFixture[str]):
    with host.Twin(library) as twin:
        assert twin.run(fixture("200", what="print")).ok
    assert capfd.readouterr() == ("", "printed")


def test_it_behaves_as_the_envoy_that_is_asked_for(library: Path):
    with host.Twin(library) as twin:
        assert twin.run(fixture("200"), envoy="1.36").host == "native as envoy 1.36"


def test_a_trace_shows_what_native_code_calls(library: Path):
    with host.Twin(library) as twin:
        trace = twin.run(fixture("200"), trace=True).trace
    assert trace
    lines = [str(each) for each in trace.crossings]
    assert '[vm->host] proxy_get_header_map_value(2, ":status") -> OK "200"' in lines


def test_replays_give_the_same_every_time(library: Path):
    with host.Twin(library) as twin:
        first, second = (twin.replay(fixture("200"), 1000) for _ in range(2))
    assert (first.exchanges, first.broken) == (1000, ())
    assert (first.hash, first.counts) == (second.hash, second.counts)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("int nothing;", "Missing or unknown Proxy-Wasm ABI version"),
        (
            "void proxy_x(void); void proxy_abi_version_0_2_1(void) { proxy_x(); }",
            "undefined symbol: proxy_x",
        ),
    ],
)
def test_what_is_no_filter_says_why(tmp_path: Path, text: str, words: str):
    (tmp_path / "wrong.c").write_text(text)
    with host.Twin(compiled(tmp_path / "wrong.c")) as twin:
        run = twin.run(fixture("200"))
    assert run.outcome is None
    assert run.problems == (f"the native twin does not load: {words}",)


def test_what_is_no_library_says_why(tmp_path: Path):
    (tmp_path / "x.so").write_bytes(b"\0asm\1\0\0\0" * 20)
    with host.Twin(tmp_path / "x.so") as twin:
        assert "invalid ELF header" in twin.run(fixture("200")).problems[0]


class Counted(host.Twin):
    """A twin that notes what it is asked."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.asked: list[tuple[Fixture, int]] = []

    def replay(self, fixture: Fixture, passes: int, **options: Any) -> Replayed:
        self.asked.append((fixture, passes))
        return super().replay(fixture, passes, **options)


MODULE = """(module (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) i32.const 4096))"""


def test_it_takes_turns_with_a_module_at_the_same_fixture(library: Path):
    module, one = bytes(wat2wasm(MODULE)), fixture("200")
    with Counted(library) as twin:
        cold = host.cold(module, one, twin=twin)
    assert cold.exchange
    assert cold.native
    assert cold.native.runs == cold.exchange.runs == len(twin.asked)
    assert all(asked == twin.asked[0] for asked in twin.asked)
    assert twin.asked[0][0] == one
    assert cold.native.ns > 0
    assert host.cold(module, one).native is None


def test_what_breaks_natively_alone_has_no_time(library: Path):
    module = bytes(wat2wasm(MODULE))
    with host.Twin(library) as twin:
        with pytest.raises(errors.Rejected, match="native: the native twin breaks, the module"):
            host.cold(module, fixture("201"), twin=twin)
        with pytest.raises(errors.Rejected, match="SIGKILL"):
            host.cold(module, fixture("200", what="kill"), twin=twin)
