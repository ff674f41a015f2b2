"""Which WebAssembly proposals the sections of a module show, by the toolchains' names for them."""

from collections.abc import Iterable, Sequence

from tamis.wasm.module import FunctionType, Memory, Table

__all__ = ["seen"]

_TAG_SECTION, _DATACOUNT_SECTION = 13, 12


def seen(
    types: Sequence[FunctionType | None],
    memories: Sequence[Memory],
    tables: Sequence[Table],
    sections: frozenset[int],
    mutable_globals: bool,
) -> frozenset[str]:
    """Names such as `multivalue` or `exception-handling`; instructions are not looked at."""
    functions = [each for each in types if each]
    values = {value for each in functions for value in (*each.params, *each.results)}
    signs = {
        "multivalue": any(len(each.results) > 1 for each in functions),
        "simd128": "v128" in values,
        "reference-types": len(tables) > 1 or _references(values, tables),
        "gc": len(functions) < len(types),
        "multimemory": len(memories) > 1,
        "memory64": any(each.wide for each in memories),
        "atomics": any(each.shared for each in memories),
        "exception-handling": _TAG_SECTION in sections,
        "bulk-memory": _DATACOUNT_SECTION in sections,
        "mutable-globals": mutable_globals,
    }
    return frozenset(name for name, shown in signs.items() if shown)


def _references(values: Iterable[str], tables: Iterable[Table]) -> bool:
    return any("ref" in value for value in values) or any(
        each.element != "funcref" for each in tables
    )
