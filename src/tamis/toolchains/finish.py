"""Behind the compiler: fewer exports, no debug information, and the optimiser that is named."""

import re

from tamis.errors import Missing, Place, Rejected
from tamis.model.build import Step
from tamis.model.filter import Filter
from tamis.toolchains.job import Job
from tamis.toolchains.toolchain import LIFE_CYCLE, Found
from tamis.toolchains.workshop import Workshop

__all__ = ["find_optimizer", "finish", "installed_optimizer", "optimized", "saved"]

_VERSION = re.compile(r"version (\d+)")
#: The features that what we compile may use, and no others: with --all-features the result loads
#: neither in Envoy nor in wasmtime.
_FLAGS = (
    "-Oz",
    "--strip-debug",
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
)
#: Split off from bulk memory in this version.
_BULK_MEMORY_OPT = 121


def find_optimizer(filter_: Filter, shop: Workshop) -> Found | None:
    """The optimiser that tamis.toml names; None: it names none.

    Raises Missing when exactly that version is not there: a laptop and CI must ship the same bytes.
    """
    if filter_.build.optimize == "none":
        return None
    wanted = filter_.build.optimize.partition("@")[2]
    found = installed_optimizer(shop)
    if found is None or found.version != wanted:
        has = f"version {found.version} is" if found else "none is"
        raise Missing(
            f"tamis.toml wants wasm-opt {wanted}, and {has} installed",
            advice=f"Install Binaryen {wanted} (apt-get install binaryen, or npm install -g "
            f"binaryen@{wanted}.0.0), or name another version in [build] optimize.",
            at=Place(filter_.manifest),
        )
    return found


def finish(wasm: bytes, filter_: Filter, shop: Workshop, optimizer: Found | None) -> bytes:
    """The module as it will be shipped, but for its metadata; each thing done is a step of `shop`.

    Raises Rejected when a callback in `exports` is not there, or the optimiser refuses the module.
    """
    from tamis.wasm import strip  # a cached build needs no rewriting

    if filter_.build.exports:
        wasm = _note(shop, "export only what counts", _only(wasm, filter_))
    if optimizer:
        wasm = _optimize(wasm, shop, optimizer)
    if filter_.build.strip:
        wasm = _note(shop, "strip", strip(wasm))
    return wasm


def saved(wasm: bytes, shop: Workshop) -> tuple[str, int] | None:
    """What an installed optimiser would take off: ("wasm-opt@108", bytes), or None."""
    found = installed_optimizer(shop)
    if found is None:
        return None
    try:
        smaller = len(wasm) - len(optimized(wasm, shop, found))
    except Rejected:
        return None
    return (f"wasm-opt@{found.version}", smaller) if smaller > 0 else None


def optimized(wasm: bytes, shop: Workshop, optimizer: Found) -> bytes:
    """What the optimiser makes of the module, which is no step of a build.

    Raises Rejected when it refuses the module.
    """
    smaller = _optimize(wasm, shop, optimizer)
    shop.steps.pop()
    return smaller


def _only(wasm: bytes, filter_: Filter) -> bytes:
    from tamis.wasm import keep_exports

    wanted = frozenset((*filter_.build.exports, *LIFE_CYCLE))
    seen = set()

    def kept(name: str) -> bool:
        seen.add(name)
        return name in wanted or not name.startswith("proxy_on_")

    wasm = keep_exports(wasm, kept)
    if absent := sorted(frozenset(filter_.build.exports) - seen):
        raise Rejected(
            f"[build] exports names {', '.join(absent)}, which the module does not have",
            advice="Correct the name, or implement the callback.",
            at=Place(filter_.manifest),
        )
    return wasm


def installed_optimizer(shop: Workshop) -> Found | None:
    """Whichever wasm-opt is there; None: none is."""
    program = shop.which("wasm-opt")
    version = _VERSION.search(shop.ask((str(program), "--version"))) if program else None
    return Found(version[1], program) if program and version else None


def _optimize(wasm: bytes, shop: Workshop, optimizer: Found) -> bytes:
    given, made = shop.scratch / "given.wasm", shop.scratch / "optimized.wasm"
    given.write_bytes(wasm)
    more = ("--enable-bulk-memory-opt",) if int(optimizer.version) >= _BULK_MEMORY_OPT else ()
    command = (str(optimizer.path), *_FLAGS, *more, str(given), "-o", str(made))
    shop.run(Job(f"wasm-opt {optimizer.version}", command, cwd=shop.scratch))
    return made.read_bytes()


def _note(shop: Workshop, what: str, wasm: bytes) -> bytes:
    shop.steps.append(Step(what, size=len(wasm), seconds=0.0))
    return wasm
