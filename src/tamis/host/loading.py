"""Whether a module loads, as Envoy of a given version would decide."""

import os
import re
from dataclasses import dataclass
from functools import lru_cache

from tamis import _core
from tamis.errors import BadInput
from tamis.host import cache
from tamis.host.engine import NEWEST, engine, wasmtime_version
from tamis.model.plugin import Limits

__all__ = ["Refusal", "compiled", "load", "minor", "refusal"]

_VERSION = re.compile(r"v?1\.(\d+)(?:\.\d+)?\Z")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a module does not load, in Envoy's words.

    `feature`: set when the verdict is not Envoy's: the module uses a WebAssembly feature that V8
    has and the engine here lacks, so that hosts are not comparable.
    """

    reason: str
    feature: str | None = None


def load(module: bytes, *, envoy: str = NEWEST) -> Refusal | None:
    """Load `module` by the rules of Envoy `envoy` (such as "1.38"); None: it loads.

    As in Envoy, loading instantiates the module and runs its entry point; no callback is called.
    Raises BadInput for a version that is not Envoy's, Missing when wasmtime cannot be used.
    """
    loaded = compiled(module, envoy, fuel=True, stack=Limits().stack)
    return refusal(loaded.refusal) or _broken(_core.enter(loaded, _core.Script()))


def refusal(refused: tuple[str, str] | None) -> Refusal | None:
    """The core's pair as a value."""
    return Refusal(refused[0], refused[1] or None) if refused else None


def _broken(failure: tuple[str, bytes] | None) -> Refusal | None:
    if failure is None:
        return None
    where, words = failure
    if where == "instantiation":
        return Refusal("Failed to create new Wasm instance")
    return Refusal(f"Function: {where} failed: {words.decode(errors='replace')}")


@lru_cache(maxsize=16)
def compiled(
    module: bytes, envoy: str, *, fuel: bool, stack: int, capabilities: tuple[str, ...] = ()
) -> _core.Module:
    """The module compiled, from the cache when it is there; a refused one has its `refusal`.

    `capabilities`: of the plugin it is loaded for; callbacks beyond them are not looked at.
    """
    number, allowed = minor(envoy), list(capabilities)
    compiler = engine(fuel=fuel, stack=stack)
    name = cache.key(module, wasmtime_version(), f"fuel={fuel} stack={stack}")
    if stored := cache.find(name):
        try:
            return _core.load(compiler, module, str(stored), number, allowed)
        except ValueError:
            pass  # made by another build of the same version: compile again
    loaded = _core.load(compiler, module, "", number, allowed)
    if loaded.refusal is None:
        cache.write(name, loaded.serialize())
    return loaded


def minor(envoy: str) -> int:
    """Of a version of Envoy such as "1.38" or "v1.38.2". Raises BadInput."""
    found = _VERSION.match(envoy)
    if found is None:
        raise BadInput(f"'{envoy}' is not a version of Envoy", advice="Write it as 1.40.")
    return int(found[1])


def _begin_anew() -> None:
    """In a forked process: engines, and what they compiled, are the parent's."""
    compiled.cache_clear()
    engine.cache_clear()


os.register_at_fork(after_in_child=_begin_anew)
