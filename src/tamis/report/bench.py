"""What `bench` tells as JSON objects (schemas/output.json), as problems and as cases."""

from collections.abc import Sequence
from pathlib import Path

from tamis.model import codec
from tamis.model.card import Advice, Against, Card, Change, ColdStart, Held, Past
from tamis.model.cost import CallbackCost, FixtureCost, StepCost
from tamis.model.measured import Interval, Least, Memory, Timed
from tamis.model.outcome import Counts
from tamis.model.prices import Prices
from tamis.report.cases import Case
from tamis.report.figures import FIGURES, figure, mean, most
from tamis.report.objects import Object, problem
from tamis.report.replay import why
from tamis.report.terminal import Lines, line

__all__ = ["bench_cases", "bench_problems", "broken_budget", "calibrated_lines", "card_object"]

_BUDGET = "Find out what it costs with tamis bench -v, or raise the budget."


def card_object(card: Card) -> Object:
    """The whole card."""
    counted = card.counted
    return {
        "name": card.name,
        "version": card.version,
        "digest": card.digest,
        "ok": card.ok,
        "host": counted.host,
        "module": {
            "size": card.sizes.raw,
            "gzipped": card.sizes.gzipped,
            "optimizer": card.sizes.optimizer or None,
            "optimised": card.sizes.optimised,
            "why": card.sizes.why or None,
        },
        "memory": counted.memory,
        "exchanges": len(counted.exchanges),
        "exchange": {
            "mean": {name: mean(counted, name) for name in FIGURES},
            "most": {name: most(counted, name)[0] for name in FIGURES},
        },
        "callbacks": [_callback(each) for each in counted.callbacks],
        "fixtures": [_fixture(each) for each in counted.fixtures],
        "predicted": card.predicted
        and {
            "table": card.predicted.table,
            "made": card.predicted.made,
            "added_us": _interval(card.predicted.added_us),
        },
        "cold": card.cold and _cold(card.cold),
        "advice": [_advice(each) for each in card.advice],
        "budgets": [_held(each) for each in card.budgets],
        "against": [_against(each) for each in card.against],
        "timed": card.timed and _timed(card.timed),
    }


def calibrated_lines(path: Path, prices: Prices) -> Lines:
    """What `--calibrate` wrote."""
    return line((str(path), "bold"), f": prices of envoy {prices.envoy}, {prices.made}")


def _figures(counts: Counts) -> Object:
    return {name: figure(counts, name) for name in FIGURES}


def _callback(cost: CallbackCost) -> Object:
    return {
        "callback": cost.callback,
        "runs": cost.runs,
        **_figures(cost.counts),
        "functions": [
            {
                "function": each.function,
                "calls": each.calls,
                "bytes_in": each.bytes_in,
                "bytes_out": each.bytes_out,
            }
            for each in cost.functions
        ],
    }


def _step(step: StepCost) -> Object:
    return {
        "kind": step.kind,
        "step": step.step,
        **_figures(step.counts),
        "callbacks": [_callback(each) for each in step.callbacks],
    }


def _fixture(cost: FixtureCost) -> Object:
    broken = cost.broken
    return {
        "fixture": cost.fixture,
        "memory": cost.memory,
        "more": cost.more,
        "broken": broken
        and {
            "start": broken.start,
            "trap": None if broken.trap is None else codec.of_trap(broken.trap),
            "unanswered": broken.unanswered,
        },
        "steps": [_step(each) for each in cost.steps],
    }


def _interval(value: Interval) -> Object:
    return {"low": value.low, "value": value.value, "high": value.high}


def _least(value: Least | None) -> Object | None:
    return {"ns": value.ns, "runs": value.runs} if value else None


def _cold(cold: ColdStart) -> Object:
    return {
        "compile": _least(cold.compile),
        "instantiate": _least(cold.instantiate),
        "first": _least(cold.first),
        "exchange": _least(cold.exchange),
        "native": _least(cold.native),
    }


def _advice(advice: Advice) -> Object:
    return {
        "rule": advice.rule,
        "callback": advice.callback,
        "fixture": advice.fixture,
        "step": advice.step,
        "message": advice.message,
        "change": advice.change,
        "saves_us": advice.saves_us and _interval(advice.saves_us),
        "exchanges": advice.exchanges,
    }


def _held(held: Held) -> Object:
    return {
        "name": held.name,
        "limit": held.limit,
        "value": held.value,
        "ok": held.ok,
        "where": held.where or None,
        "place": str(held.place) if held.place else None,
    }


def _against(against: Against) -> Object:
    return {
        "file": against.file,
        "exchanges": against.exchanges,
        "past": _past(against.past),
        "changes": [_change(each) for each in against.changes],
        "notes": list(against.notes),
    }


def _past(past: Past) -> Object:
    return {
        "version": past.version,
        "size": past.size,
        "crossings": past.crossings,
        "copied": past.copied,
        "fuel": past.fuel,
        "added_us": past.added_us and _interval(past.added_us),
    }


def _change(change: Change) -> Object:
    return {
        "what": change.what,
        "before": change.before,
        "now": change.now,
        "timed_us": change.timed_us and [_interval(each) for each in change.timed_us],
    }


def _timed(timed: Timed) -> Object:
    return {
        "host": timed.host,
        "how": timed.how,
        "baseline_us": _interval(timed.baseline_us),
        "variants": [
            {
                "name": each.name,
                "added_us": _interval(each.added_us),
                "further_us": each.further_us and _interval(each.further_us),
            }
            for each in timed.variants
        ],
        "latencies": [
            {"name": each.name, "rate": each.rate, "points": [_point(*at) for at in each.points]}
            for each in timed.latencies
        ],
        "memory": [_memory(each) for each in timed.memory],
        "starts": [{"name": each.name, "ms": _interval(each.ms)} for each in timed.starts],
        "throughput": [
            {"over": each.over, "chain": each.chain, "ratio": _interval(each.ratio)}
            for each in timed.throughput
        ],
        "claim_us": timed.claim_us and _interval(timed.claim_us),
        "predicted_us": timed.predicted_us and _interval(timed.predicted_us),
        "exchanges": timed.exchanges,
        "left_out": [{"why": each.why, "exchanges": each.exchanges} for each in timed.left_out],
        "notes": list(timed.notes),
        "chain": timed.chain,
        "envoys": timed.envoys,
        "repeated": timed.repeated,
        "drift": timed.drift,
        "drifts": timed.drifts,
    }


def _point(percentile: float, us: Interval) -> list[float]:
    return [percentile, us.value, us.low, us.high]


def _memory(memory: Memory) -> Object:
    return {
        "name": memory.name,
        "filter": _interval(memory.filter),
        "vm": memory.vm and _interval(memory.vm),
        "worker": memory.worker and _interval(memory.worker),
    }


def broken_budget(held: Held) -> str:
    """A budget that is broken, in a line."""
    where = f" in {held.where}" if held.where else ""
    over = held.value - held.limit
    return f"budget {held.name}: {held.value}{where}, {over} more than {held.limit}"


def bench_problems(cards: Sequence[Card]) -> list[Object]:
    """Budgets that are broken, and fixtures."""
    found = []
    for card in cards:
        found += [
            problem(
                "bench", why(broken).partition("\n")[0], "Run tamis test on this fixture.", None
            )
            for broken in card.counted.broken
        ]
        found += [
            problem("budget", f"{card.name}: {broken_budget(each)}", _BUDGET, _place(each))
            for each in card.budgets
            if not each.ok
        ]
    return found


def _place(held: Held) -> str | None:
    return str(held.place) if held.place else None


def bench_cases(card: Card) -> tuple[Case, ...]:
    """One case for the fixtures, one for each budget; advice comes as warnings."""
    suite = f"{card.name} bench"
    broken = tuple(why(each).partition("\n")[0] for each in card.counted.broken)
    advice = tuple(f"{a.callback} {a.message}; {a.change}" for a in card.advice)
    return (
        Case(suite, "fixtures", broken, advice),
        *(
            Case(
                suite,
                f"budget {each.name}",
                () if each.ok else (f"{broken_budget(each)}. {_BUDGET}",),
                place=each.place,
            )
            for each in card.budgets
        ),
    )
