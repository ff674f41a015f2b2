"""Native twins behind the shim, and dynamic modules, in a real Envoy: the same outcomes as of
WebAssembly, and what cannot be done is said by name.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tamis import compare, host, toolchains
from tamis.envoy import Binary, Judge, run, unsupported
from tamis.envoy.judging.questions import Questions
from tamis.errors import Rejected
from tamis.model.exchange import Answer, Exchange, Fixture, Request, Tick
from tamis.model.filter import Filter
from tamis.model.outcome import Run
from tamis.model.plugin import Plugin
from tamis.toolchains import Here, cpp_module, cpp_twin

SOURCES = Path(__file__).with_name("natives")
HEAD = ((":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/p"))
ANSWER = Answer(((":status", "200"), ("content-length", "6")), (b"answer",))
PLAIN = Exchange(Request((*HEAD, ("x-a", "1"), ("x-gone", "1"))), ANSWER)
BODY = Exchange(Request(HEAD, (b"one", b"two", b"three")), ANSWER)
TRAILERS = Exchange(
    Request(HEAD, (b"one", b"two"), (("x-trailer", "1"),)),
    Answer(((":status", "200"),), (b"a", b"b"), (("x-end", "1"),)),
)
REPLY = Exchange(Request((*HEAD[:3], (":path", "/reply"))), ANSWER)


def source(name: str, folder: Path = SOURCES) -> Filter:
    return Filter(folder, name, "1.0.0", "cpp", (folder / f"{name}.cc",))


@pytest.fixture(scope="session")
def shim() -> bytes:
    return toolchains.shim()


@pytest.fixture(scope="session")
def made() -> Callable[[str, str], bytes]:
    """made("many", "wasm" | "twin" | "module")."""
    known: dict[tuple[str, str], bytes] = {}
    makers = {"wasm": toolchains.Cpp(), "twin": cpp_twin, "module": cpp_module}

    def make(name: str, kind: str) -> bytes:
        if (name, kind) not in known:
            with Here() as shop:
                known[name, kind] = makers[kind].build(source(name), shop).wasm
        return known[name, kind]

    return make


@pytest.fixture(scope="module")
def native(binary: Binary, shim: bytes) -> Iterator[Judge]:
    with Judge(binary, patience=5, shim=shim) as judge:
        yield judge


def fixture(*steps: Exchange | Tick, config: bytes = b"plain", **rest: object) -> Fixture:
    plugin = Plugin("native", "many")
    return Fixture("native", Path("native.yaml"), steps, config=config, plugin=plugin, **rest)  # type: ignore[arg-type]


def both(judge: Judge, made: Callable[[str, str], bytes], asked: Fixture) -> tuple[Run, Run]:
    ours = host.run(made("many", "wasm"), asked)
    theirs = judge.run(asked, made("many", "twin"), ask=Questions.of(asked, ours.outcome))
    return ours, theirs


@pytest.mark.parametrize(
    "steps",
    [(PLAIN,), (BODY,), (TRAILERS,), (REPLY,), (PLAIN, BODY, REPLY, TRAILERS)],
    ids=["headers", "bodies", "trailers", "reply", "all"],
)
def test_a_twin_does_what_its_module_does(native: Judge, made, steps) -> None:
    ours, theirs = both(native, made, fixture(*steps))
    assert theirs.host.startswith("envoy-native ")
    assert not theirs.problems
    assert not theirs.skipped
    assert compare.differences(fixture(*steps), ours, theirs) == ()
    assert theirs.outcome
    assert theirs.outcome.metrics["many.requests"] == len(steps)
    assert theirs.outcome.shared_data == {"last": dict(steps[-1].request.headers)[":path"].encode()}
    assert theirs.outcome.logs[0].message == "configured"


def test_a_timer_ticks_in_the_worker(native: Judge, made) -> None:
    asked = fixture(PLAIN, Tick(250_000_000), PLAIN, config=b"tick")
    ours, theirs = both(native, made, asked)
    assert theirs.outcome
    assert compare.differences(asked, ours, theirs) == ()
    assert [line.message for line in theirs.outcome.logs].count("tick") == 2


def test_a_configuration_is_refused(native: Judge, made) -> None:
    ours, theirs = both(native, made, fixture(PLAIN, config=b"bad"))
    assert theirs.outcome
    assert theirs.outcome.start == ours.outcome.start == "on_configure"  # type: ignore[union-attr]
    assert theirs.outcome.logs == ours.outcome.logs  # type: ignore[union-attr]


def test_shared_data_may_be_there_before(native: Judge, made) -> None:
    asked = fixture(config=b"plain", shared_data={"k": b"v"})
    _, theirs = both(native, made, asked)
    assert not theirs.problems


def test_what_modules_cannot_do_is_refused_by_name(native: Judge, made) -> None:
    done = native.run(fixture(PLAIN), made("refused", "twin"))
    assert [each.path for each in done.skipped] == [""]
    assert "proxy_register_shared_queue" in done.skipped[0].why
    with pytest.raises(Rejected, match="has no queues"):
        made("refused", "module")
    found = unsupported(["proxy_log", "proxy_grpc_call", "proxy_register_shared_queue"])
    assert [each.name for each in found] == ["proxy_grpc_call", "proxy_register_shared_queue"]
    assert found[0].reason == "modules have no gRPC client"


def test_what_the_shim_refuses_is_what_is_said_of_it() -> None:
    text = (toolchains.sdk_folder("native") / "calls_refused.cc").read_text()
    names = set(re.findall(r"^REFUSED\((\w+)", text, re.MULTILINE))
    assert {each.name for each in unsupported(names)} == names
    assert "proxy_get_metric" in names


def test_reconfiguration_leaves_nothing_open(binary: Binary, shim: bytes, made) -> None:
    with Judge(binary, patience=5, shim=shim) as judge:
        for _ in range(3):
            judge.run(fixture(PLAIN), made("many", "twin"))
        (pid,) = judge.processes
        before = opened(pid)
        for _ in range(8):
            assert judge.run(fixture(PLAIN), made("many", "twin")).outcome
        assert judge.processes == (pid,)
        assert opened(pid) == before


def opened(pid: int) -> int:
    found = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # Envoy has closed it meanwhile: a connection, say
            found += "memfd:twin" in str(link.readlink())
    return found


def test_a_module_of_ones_own_is_judged_by_the_wire(binary: Binary) -> None:
    with Here() as shop:
        module = cpp_module.build(source("plain"), shop).wasm
        wasm = toolchains.Cpp().build(source("plain"), shop).wasm
    asked = fixture(PLAIN, BODY, TRAILERS, config=b"value")
    ours, (theirs,) = host.run(wasm, asked), run(binary, module, [asked])
    assert not theirs.problems
    assert {each.path for each in theirs.skipped} == {
        "logs", "metrics", "shared_data", "exchanges[*].pauses",
    }  # fmt: skip
    assert compare.differences(asked, ours, theirs) == ()
    assert theirs.outcome
    assert theirs.outcome.exchanges[1].request
    assert theirs.outcome.exchanges[1].request.body == b"<onetwothree>"
    (refused,) = run(binary, module, [fixture(PLAIN, config=b"")])
    assert refused.outcome
    assert refused.outcome.start == "on_configure"


def test_a_module_without_its_functions_is_refused_in_envoys_words(binary: Binary) -> None:
    with Here() as shop:
        module = cpp_module.build(source("plain"), shop).wasm
    broken = module.replace(b"http_filter_scheduled\0", b"http_filter_Scheduled\0")
    assert broken != module
    (done,) = run(binary, broken, [fixture(PLAIN)])
    assert "http_filter_scheduled" in done.problems[0]
