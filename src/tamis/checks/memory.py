"""The linear memory and the allocator through which the host puts values into it."""

from collections.abc import Iterator

from tamis.abi import table
from tamis.checks.subject import Subject, error, signature, warning
from tamis.model.finding import Finding

__all__ = ["rule"]

#: Envoy's cap on the memory of one VM, in pages of 64 KiB (1 GiB).
_MOST_PAGES = 16384


def rule(subject: Subject) -> Iterator[Finding]:
    """`load/no-memory`, `load/many-memories`, `load/memory-*`, `load/no-allocator`, ..."""
    yield from _memory(subject)
    yield from _allocator(subject)


def _memory(subject: Subject) -> Iterator[Finding]:
    module = subject.module
    imported = sum(each.kind == "memory" for each in module.imports)
    exported = len({each.index for each in module.exports if each.kind == "memory"})
    if not imported and not exported:
        yield error(
            "load/no-memory",
            "it exports no memory: Envoy 1.40 loads it and crashes on the first call that needs it",
            "Export the memory, under any name.",
        )
        return
    if len(module.memories) > 1:
        yield error(
            "load/many-memories",
            f"it has {len(module.memories)} memories: a host works with one and picks any",
            "Use one memory.",
        )
    for memory in module.memories:
        if memory.wide:
            yield error(
                "load/memory-64",
                "its memory has 64-bit addresses: the ABI's pointers have 32",
                "Compile for wasm32.",
            )
        if memory.minimum > _MOST_PAGES:
            yield error(
                "load/memory-size",
                "Failed to create new Wasm instance: it starts with "
                f"{memory.minimum // 16} MiB of memory, a VM may have 1024 MiB",
                "Lower the initial memory of the linker.",
            )


def _allocator(subject: Subject) -> Iterator[Finding]:
    """`malloc` is preferred, whatever the specification says; the other is then not looked at."""
    wanted = signature("i", "i")
    names = [name for name in table.raw()["allocators"] if not name.startswith("_")]
    given = [name for name in names if subject.module.function(name)]
    if given and (found := subject.module.function(given[0])) != wanted:
        yield error(
            "load/allocator-type",
            f"Bad function signature for: {given[0]}, want: {wanted}, "
            f"but the module exports: {found}",
            f"Export {given[0]} with the type {wanted}.",
        )
    if not given:
        yield error(
            "load/no-allocator",
            "Wasm module is missing malloc function.",
            f"Export {' or '.join(names)} with the type {wanted}.",
        )
    elif "malloc" not in given and subject.module.abi == "0.2.1":
        yield warning(
            "load/allocator-old",
            "proxy_on_memory_allocate is no part of ABI 0.2.1",
            "Export malloc instead.",
        )
