"""Cost cards for the tests of their reports: one with everything, and one of little certainty."""

from dataclasses import replace
from pathlib import Path

from tamis.errors import Place
from tamis.model.card import (
    Advice,
    Against,
    Card,
    Change,
    ColdStart,
    Held,
    Past,
    Prediction,
    Sizes,
)
from tamis.model.cost import CallbackCost, Counted, FixtureCost, FunctionCost, StepCost
from tamis.model.measured import (
    Interval,
    Latency,
    Least,
    LeftOut,
    Memory,
    Start,
    Throughput,
    Timed,
    Variant,
)
from tamis.model.outcome import Trap
from tamis.model.replayed import Broken

__all__ = ["doubtful_card", "full_card"]

_MIB = 1 << 20


def full_card() -> Card:
    """Its names hold what Markdown, HTML and XML must escape."""
    names = ("proxy_get_header_map_value", "proxy_replace_header_map_value", "proxy_log")
    more = ("proxy_get_property", "proxy_get_buffer_bytes", "proxy_define_metric", "malloc")
    functions = tuple(
        FunctionCost(name, at + 1, 40 * at, 9 * at) for at, name in enumerate(names + more)
    )
    step = StepCost(
        "exchange",
        0,
        (
            CallbackCost("proxy_on_request_headers", 1, functions, 7, 4321),
            CallbackCost("proxy_on_response_headers", 1, functions[:2], 0, 77),
            CallbackCost("proxy_on_log", 1, (FunctionCost("fd_write", 1, 0, 9),), 0, 12),
        ),
    )
    trap = Trap("proxy_on_log", "oob", "out of bounds <memory>", ("f (a.cc:1)",))
    counted = Counted(
        "wasmtime 50.0.1",
        (
            FixtureCost('a <b> & "c" | d', 1 << 17, (StepCost("start", None), step)),
            FixtureCost(
                "broken", 1 << 16, (StepCost("start", None),), broken=Broken("broken", trap=trap)
            ),
        ),
    )
    past = Past("0.9.0", 14000, 30.0, 900.0, 4000.0, Interval(8, 12, 20))
    return Card(
        name="full",
        version="1.0.0",
        digest=f"sha256:{'ab' * 32}",
        sizes=Sizes(15057, 7236, "wasm-opt@108", 14001),
        counted=counted,
        cold=ColdStart(
            Least(3.5e7, 20), Least(26000, 20), Least(6700, 20), Least(955, 20), Least(120, 20)
        ),
        predicted=Prediction("envoy 1.40", "by hand", Interval(7.1, 13.3, 24.8)),
        advice=(
            Advice(
                "headers-one-by-one",
                "proxy_on_request_headers",
                "a <b>",
                0,
                "reads 9 request headers one by one: 18 crossings, 7.2 us",
                "one proxy_get_header_map_pairs would cost 1.3 us",
                Interval(4, 5.9, 8),
                3,
            ),
        ),
        budgets=(
            Held("size", 15360, 15057, place=Place(Path("full/tamis.toml"), 15, 1)),
            Held("crossings", 20, 31, "a <b>, step 0", Place(Path("full/tamis.toml"), 16, 1)),
            Held("fuel", 20, 4410, "a <b>, step 0"),
        ),
        against=(
            Against("older.json", Past("0.8.0", 13000, 28.0, 800.0, None, Interval(7, 11, 19)), 1),
            Against(
                "old.json",
                past,
                1,
                (
                    Change("crossings", 30, 31),
                    Change("fuel", 4500, 4410),
                    Change("proxy_log", 0, 3),
                    Change("wasm, us", 12.0, 14.0, (Interval(11, 12, 13), Interval(13.5, 14, 15))),
                ),
                ("2 exchanges are new",),
            ),
        ),
        timed=_timed(),
    )


def doubtful_card() -> Card:
    """Its Envoy was on a busy machine, and the filter has no native twin."""
    wasm, nothing = Interval(-0.1, 0.1, 0.3), Interval(-0.2, -0.05, 0.1)
    timed = Timed(
        "envoy 1.40.0",
        "80 slices of 400 requests, 8 connections at a time",
        Interval(22.0, 25.0, 31.0),
        (Variant("wasm", wasm), Variant("built-in", nothing)),
        latencies=_latencies("nothing", "wasm"),
        memory=(Memory("wasm", Interval(-2.0 * _MIB, 3.0 * _MIB, 8.0 * _MIB)),),
        predicted_us=Interval(7.1, 13.3, 24.8),
        exchanges=1,
        left_out=(LeftOut("a <trap> is expected of it", 2),),
        notes=("no native twin: Go imports host functions into WebAssembly alone",),
        envoys=8,
        repeated=3,
        drift=-0.06,
        drifts=True,
    )
    return replace(full_card(), name="doubtful", cold=None, budgets=(), against=(), timed=timed)


def _timed() -> Timed:
    """Everything is told, and nothing is in doubt."""
    return Timed(
        "envoy 1.40.0",
        "80 slices of 400 requests, 8 connections at a time",
        Interval(23.0, 23.5, 24.1),
        (
            Variant("wasm", Interval(13.5, 14.0, 15.0), Interval(9.5, 10.0, 10.5)),
            Variant("lua", Interval(15.0, 16.1, 17.4), Interval(12.0, 12.5, 13.1)),
            Variant("native", Interval(6.0, 6.3, 6.9), Interval(4.8, 5.0, 5.1)),
            Variant("built-in", Interval(0.42, 0.5, 0.6), Interval(-0.1, 0.2, 0.4)),
            Variant("module", Interval(4.0, 4.2, 4.5), Interval(3.9, 4.0, 4.2)),
        ),
        latencies=_latencies("nothing", "built-in", "module", "native", "wasm", "lua"),
        memory=(
            Memory("wasm", *(_mib(each) for each in (15.2, 2.4, 0.65))),
            Memory("native", *(_mib(each) for each in (0.41, 0.3, 0.3))),
            Memory("built-in", _mib(0.05)),
            Memory("lua", _mib(1.2), None, _mib(0.3)),
        ),
        starts=(
            Start("wasm", Interval(80.0, 82.0, 85.0)),
            Start("nothing", Interval(60.0, 61.0, 63.0)),
        ),
        throughput=(
            Throughput("module", 1, Interval(0.93, 0.94, 0.95)),
            Throughput("module", 8, Interval(0.70, 0.71, 0.73)),
            Throughput("native", 1, Interval(0.95, 0.96, 0.97)),
            Throughput("native", 8, Interval(0.77, 0.78, 0.79)),
        ),
        claim_us=Interval(2.9, 3.1, 3.4),
        predicted_us=Interval(7.1, 13.3, 24.8),
        exchanges=12,
        left_out=(LeftOut("it is a connection", 3), LeftOut("its callout has no answer", 1)),
        notes=("compare.lua is not checked to do the same",),
        chain=8,
        envoys=8,
        repeated=2,
        drift=0.008,
    )


def _latencies(*names: str) -> tuple[Latency, ...]:
    """Each is slower than the one before it."""
    levels = ((50.0, 210.0), (90.0, 340.0), (99.0, 700.0), (99.9, 1900.0))
    return tuple(
        Latency(
            name,
            2000,
            tuple(
                (percentile, Interval(0.95, 1.0, 1.1).times(us * (1 + at / 20)))
                for percentile, us in levels
            ),
        )
        for at, name in enumerate(names)
    )


def _mib(value: float) -> Interval:
    return Interval(0.97, 1.0, 1.04).times(value * _MIB)
