"""Which of Envoy's metrics is which: by what its log tells of three VMs, and how they ended."""

from collections.abc import Iterable, Mapping
from typing import cast

from tamis.envoy.judging import metrics
from tamis.envoy.log import Record
from tamis.envoy.process import Process

MAIN, WORKER = 1, 2


def calls(thread: int, *done: tuple[str, tuple[int, ...]]) -> Iterable[Record]:
    """A VM of `thread` that did this to metrics."""
    yield Record(thread, "debug", "wasm", "Thread-Local Wasm created 4 now active")
    for name, args in done:
        text = f"env.proxy_{name}_metric({', '.join(map(str, args))})"
        yield Record(thread, "trace", "wasm", f"[vm->host] {text}")
        yield Record(thread, "trace", "wasm", f"[vm<-host] env.proxy_{name}_metric return: 0")


def defined(*sizes: int) -> list[tuple[str, tuple[int, ...]]]:
    return [("define", (0, 1024, size, 8)) for size in sizes]


def envoy(ended: Mapping[str, int]) -> Process:
    """One that has these counters."""

    class Envoy:
        def admin(self, path: str) -> str:
            told = path.rpartition("&type=")[2] in (path, "Counters")
            return "".join(f"wasmcustom.{name}: {end}\n" for name, end in ended.items() if told)

    return cast(Process, Envoy())


def identified(records: Iterable[Record], ended: Mapping[str, int]) -> metrics.Names:
    return metrics.identify(list(records), WORKER, envoy(ended))


def both(*done: tuple[str, tuple[int, ...]], sizes: tuple[int, ...]) -> list[Record]:
    """The main thread's VM defines metrics, the worker's does something to them as well."""
    return [*calls(MAIN, *defined(*sizes)), *calls(WORKER, *defined(*sizes), *done)]


def test_names_of_one_length_are_told_by_their_figures():
    records = both(("increment", (8, 2)), ("increment", (4, 1)), sizes=(6, 6, 7))
    found = identified(records, {"denied": 1, "failed": 2, "allowed": 0})
    assert found.unclear is None
    assert found.names == {(4, 6): "denied", (8, 6): "failed", (12, 7): "allowed"}
    values, mixed = metrics.values(records, WORKER, found)
    assert (values, mixed) == ({"denied": 1, "failed": 2, "allowed": 0}, False)


def test_figures_that_are_alike_tell_nothing():
    records = [*both(("increment", (4, 1)), sizes=(6, 6)), *calls(MAIN, *defined(6, 6))]
    records += calls(MAIN, *defined(6, 6), ("increment", (8, 1)))
    found = identified(records, {"denied": 1, "failed": 1})
    assert found.unclear
    assert found.unclear != metrics.UNFIT


def test_a_name_that_was_defined_twice_is_no_contradiction():
    records = both(("increment", (4, 1)), ("increment", (8, 1)), sizes=(6, 6, 6))
    found = identified(records, {"denied": 2, "failed": 0})
    assert found.unclear
    assert found.unclear != metrics.UNFIT


def test_what_a_plugin_before_left_behind_is_noticed():
    records = both(("increment", (8, 1)), sizes=(6, 6))
    assert identified(records, {"denied": 0, "failed": 2}).unclear == metrics.UNFIT
    assert identified(records, {"denied": 0, "failed": 1, "second": 0}).unclear == metrics.UNFIT
    assert identified(records, {"denied": 0, "failed": 1}).unclear is None


def test_whether_any_are_left():
    assert metrics.left(envoy({"denied": 0}))
    assert not metrics.left(envoy({}))
