"""What `build` tells: at a terminal, and as JSON objects (schemas/output.json)."""

import shlex
from collections.abc import Iterable

from tamis.model.build import Step
from tamis.model.built import Built, Reproduced, Twin
from tamis.report.objects import Object, problem
from tamis.report.terminal import Lines, bytes_of, line, together

__all__ = [
    "built",
    "built_object",
    "reproduce_problems",
    "reproduced",
    "reproduced_object",
]


def built(value: Built, *, explain: bool = False) -> Lines:
    """One line; what the compiler warned of; each step when `explain`."""
    how = "from the cache" if value.cached else f"{value.seconds:.1f} s"
    parts: list[Lines] = []
    if explain:
        parts += [part for step in value.steps for part in _step(step)]
    elif value.warnings:
        parts.append(line((value.warnings, "yellow")))
    parts.append(
        line(
            ("built ", "green"),
            (value.filter.name, "bold"),
            f" {value.filter.version}  {value.path}  {bytes_of(len(value.module))}  ",
            (f"{value.digest[:19]}  {how}", "dim"),
        )
    )
    if value.advice:
        parts.append(line(("advice ", "cyan"), value.advice))
    if value.twin:
        parts += [part for step in value.twin.steps if explain for part in _step(step)]
        parts.append(_twin(value.twin, "native"))
        for each in value.twin.unsupported:
            parts.append(line(("in Envoy ", "yellow"), f"it cannot {each.name}: {each.reason}"))
    if value.envoy_module:
        parts += [part for step in value.envoy_module.steps if explain for part in _step(step)]
        parts.append(_twin(value.envoy_module, "a module of Envoy"))
    return together(*parts)


def _twin(value: Twin, what: str) -> Lines:
    how = "from the cache" if value.cached else f"{value.seconds:.1f} s"
    return line(
        ("built ", "green"), f"{value.path}  {bytes_of(value.size)}  ", (f"{what}  {how}", "dim")
    )


def _step(step: Step) -> list[Lines]:
    size = bytes_of(step.size) if step.size is not None else ""
    parts: list[Lines] = [line((f"{step.seconds:7.2f} s  {size:>9}  ", "dim"), (step.what, "bold"))]
    if step.command:
        parts.append(line((f"{'':22}{shlex.join(step.command)}", "dim")))
    if step.output:
        parts.append(line((step.output, "yellow")))
    return parts


def built_object(value: Built) -> Object:
    """Sizes in bytes."""
    return {
        "name": value.filter.name,
        "path": str(value.path),
        "size": len(value.module),
        "digest": value.digest,
        "toolchain": value.metadata.toolchain,
        "sdk": value.metadata.sdk,
        "cached": value.cached,
        "seconds": round(value.seconds, 3),
        "steps": [_step_object(step) for step in value.steps],
        "native": _twin_object(value.twin) if value.twin else None,
        "envoy_module": _twin_object(value.envoy_module) if value.envoy_module else None,
    }


def _twin_object(value: Twin) -> Object:
    return {
        "path": str(value.path),
        "size": value.size,
        "toolchain": value.toolchain,
        "cached": value.cached,
        "seconds": round(value.seconds, 3),
        "steps": [_step_object(step) for step in value.steps],
        "unsupported": [{"name": each.name, "reason": each.reason} for each in value.unsupported],
    }


def _step_object(value: Step) -> Object:
    return {
        "what": value.what,
        "command": list(value.command),
        "seconds": round(value.seconds, 3),
        "size": value.size,
        "warnings": value.output,
    }


def reproduced(value: Reproduced) -> Lines:
    """Whether both builds made the same bytes."""
    first, second = value.digests
    if value.ok:
        return line(
            ("ok ", "green"), (value.name, "bold"), ": two builds, the same bytes  ",
            (f"{first[:19]}  {bytes_of(value.sizes[0])}  {value.seconds:.1f} s", "dim"),
        )  # fmt: skip
    return line(
        ("no ", "bold red"), (value.name, "bold"),
        f": two builds, different bytes: {first[:19]} ({value.sizes[0]} bytes), "
        f"{second[:19]} ({value.sizes[1]} bytes)",
    )  # fmt: skip


def reproduced_object(value: Reproduced) -> Object:
    """Both digests of a filter that was built twice."""
    return {
        "name": value.name,
        "ok": value.ok,
        "digests": list(value.digests),
        "sizes": list(value.sizes),
        "seconds": round(value.seconds, 3),
    }


def reproduce_problems(values: Iterable[Reproduced]) -> list[Object]:
    """Filters whose two builds differ, as problems."""
    return [
        problem(
            "not-reproducible",
            f"{one.name}: two builds of the same source made {one.digests[0]} and {one.digests[1]}",
            "Look for a time, a path or a random number that gets into the module.",
            None,
        )
        for one in values
        if not one.ok
    ]
