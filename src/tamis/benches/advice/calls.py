"""Calls that nobody hears, or that one call could stand for."""

from collections import Counter
from collections.abc import Iterator

from tamis.benches.advice.rule import Found, Traffic, cost, less, microseconds, text
from tamis.model.card import Advice
from tamis.model.outcome import LOG_LEVELS
from tamis.model.trace import Crossing

__all__ = ["allocations", "defined_metrics", "logs", "metrics_again"]

_LOG = "proxy_log"
_DEFINE = "proxy_define_metric"
_INCREMENT = "proxy_increment_metric"
#: Envoy's own, unless it is told another (-l).
_LEVEL = LOG_LEVELS.index("info")
#: Allocations of one exchange up to which nobody should have to think about it.
_ROOM = 8


def logs(traffic: Traffic) -> Iterator[Found]:
    """`log-unheard`: lines below the level of an Envoy that was told none."""
    for visit in traffic.visits:
        calls = [
            call
            for call in visit.calls
            if call.name == _LOG and isinstance(level := call.arguments[0], int) and level < _LEVEL
        ]
        if not calls:
            continue
        now = cost(calls, traffic.prices)
        lines = f"{len(calls)} lines" if len(calls) > 1 else "a line"
        advice = Advice(
            "log-unheard",
            visit.callback,
            traffic.fixture,
            traffic.step,
            f"logs {lines} below info, which Envoy drops unless told otherwise: "
            f"{microseconds(now)}",
            "ask for the level once, in proxy_on_configure, and log nothing below it",
            now,
        )
        yield Found(advice)


def defined_metrics(traffic: Traffic) -> Iterator[Found]:
    """`metric-defined-again`: its id was known since the plugin started."""
    for visit in traffic.visits:
        calls = [call for call in visit.calls if call.name == _DEFINE]
        if not calls:
            continue
        now = cost(calls, traffic.prices)
        names = ", ".join(dict.fromkeys(text(call.arguments[1]) for call in calls))
        advice = Advice(
            "metric-defined-again",
            visit.callback,
            traffic.fixture,
            traffic.step,
            f"defines the metric {names} while an exchange waits: {microseconds(now)}",
            "define it once, in proxy_on_configure, and keep its id",
            now,
        )
        yield Found(advice, names)


def metrics_again(traffic: Traffic) -> Iterator[Found]:
    """`metric-again`: one increment could say what several do."""
    for visit in traffic.visits:
        calls = [call for call in visit.calls if call.name == _INCREMENT]
        ids = Counter(call.arguments[0] for call in calls)
        again: list[Crossing] = []
        for number, times in ids.items():
            if times > 1:
                again += [call for call in calls if call.arguments[0] == number]
        if not again:
            continue
        kept = [next(call for call in again if call.arguments[0] == n) for n in ids if ids[n] > 1]
        now, then = cost(again, traffic.prices), cost(kept, traffic.prices)
        advice = Advice(
            "metric-again",
            visit.callback,
            traffic.fixture,
            traffic.step,
            f"increments the same metric {len(again)} times: {microseconds(now)}",
            f"add up, and increment once for {microseconds(then)}",
            less(now, then),
        )
        yield Found(advice)


def allocations(traffic: Traffic) -> Iterator[Found]:
    """`allocations`: the guest is entered again and again for room."""
    calls = [(visit.callback, call) for visit in traffic.visits for call in visit.calls]
    count = sum(call.allocations for _, call in calls)
    if count <= _ROOM:
        return
    by_function = Counter[str]()
    by_callback = Counter[str]()
    for callback, call in calls:
        by_function[call.name] += call.allocations
        by_callback[callback] += call.allocations
    name, most = by_function.most_common(1)[0]
    now = traffic.prices.allocation.each.times(count)
    advice = Advice(
        "allocations",
        by_callback.most_common(1)[0][0],
        traffic.fixture,
        traffic.step,
        f"the host asks for room {count} times in one exchange, {most} of them for {name}: "
        f"{microseconds(now)}",
        "keep what stays the same between exchanges, and read together what stands together",
        now,
    )
    yield Found(advice)
