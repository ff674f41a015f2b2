"""How the module starts: the start section and the entry points."""

from collections.abc import Iterator

from tamis.abi import table
from tamis.checks.subject import Subject, error, signature, warning
from tamis.model.finding import Finding

__all__ = ["rule"]


def rule(subject: Subject) -> Iterator[Finding]:
    """`load/start-calls-host`, `load/start-unsure`, `load/entry-type`, `load/entry-ignored`."""
    yield from _start(subject)
    module = subject.module
    types = {"_initialize": ("", ""), "main": ("ii", "i"), "__main_void": ("", "i")}
    if module.function("_initialize"):
        called = ["_initialize", "main"]
        if int(subject.target.envoy.removeprefix("1.")) >= _main_void_since():
            called.append("__main_void")
        if module.function("_start"):
            yield warning(
                "load/entry-ignored",
                "_start is never called, because _initialize is exported",
                "Build a reactor or a command, not both.",
            )
    else:
        called, types = ["_start"], {"_start": ("", "")}
    for name in called:
        found, wanted = module.function(name), signature(*types[name])
        if found and found != wanted:
            yield error(
                "load/entry-type",
                f"Bad function signature for: {name}, want: {wanted}, "
                f"but the module exports: {found}",
                f"Export {name} with the type {wanted}, or under another name.",
            )


def _main_void_since() -> int:
    """An Envoy 1.x minor release: before, no `__main_void` is looked for."""
    return int(table.raw()["entry_points"]["__main_void"]["since"].removeprefix("1."))


def _start(subject: Subject) -> Iterator[Finding]:
    start = subject.module.start
    if start and start.host:
        yield error(
            "load/start-calls-host",
            f"its start section reaches the host function {start.host}: Envoy 1.40 crashes on it",
            "Do that work in _initialize or proxy_on_vm_start.",
        )
    elif start and start.unsure:
        yield warning(
            "load/start-unsure",
            "its start section makes indirect calls: should one call the host, Envoy 1.40 crashes",
            "Do that work in _initialize or proxy_on_vm_start.",
        )
