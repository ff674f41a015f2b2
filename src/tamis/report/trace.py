"""What `test --trace` tells: a line for each crossing, or a JSON object (schemas/trace.json)."""

from collections.abc import Iterator

from tamis.model.json_values import of_bytes, of_text
from tamis.model.outcome import Run
from tamis.model.trace import Crossing, Excerpt, Trace, Value
from tamis.report.objects import Object
from tamis.report.terminal import Lines, line, plural, together

__all__ = ["objects", "trace"]


def trace(run: Run) -> Lines:
    """Every crossing of the run, those it led to below it, further in."""
    kept = run.trace or Trace()
    parts = [line(("trace of ", "dim"), (run.fixture, "bold"), f" ({run.host})")]
    step: int | None = -1
    for crossing in kept.crossings:
        if crossing.depth == 0 and crossing.step != step:
            step = crossing.step
            parts.append(line(("  start" if step is None else f"  step {step}", "dim")))
        parts.append(line("    " + "  " * crossing.depth + str(crossing)))
    if kept.more:
        parts.append(line((f"    ... {plural(kept.more, 'more crossing')}", "dim")))
    return together(*parts)


def objects(run: Run) -> Iterator[Object]:
    """The same as values; where some were left out, a last one says how many."""
    kept = run.trace or Trace()
    place = {"fixture": run.fixture, "host": run.host}
    yield from ({**place, **_crossing(each)} for each in kept.crossings)
    if kept.more:
        yield {**place, "more": kept.more}


def _crossing(crossing: Crossing) -> Object:
    return {
        "step": crossing.step,
        "vm": crossing.vm,
        "depth": crossing.depth,
        "way": crossing.way,
        "name": crossing.name,
        "arguments": [_value(each) for each in crossing.arguments],
        "result": crossing.result,
        "status": crossing.status or None,
        "values": [_value(each) for each in crossing.values],
        "trapped": crossing.trapped,
        "fuel": crossing.fuel,
        "bytes_in": crossing.bytes_in,
        "bytes_out": crossing.bytes_out,
        "allocations": crossing.allocations,
    }


def _value(value: Value) -> object:
    if isinstance(value, tuple):
        return {"pairs": [[of_text(name), of_text(text)] for name, text in value]}
    if isinstance(value, Excerpt):
        data = None if value.data is None else of_bytes(value.data)
        return {"bytes": data, "size": value.size}
    return value
