"""The values a module is read into. Sizes and offsets are bytes, memories are pages of 64 KiB."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "Custom",
    "Export",
    "ExternType",
    "FunctionType",
    "GlobalType",
    "Import",
    "Kind",
    "Memory",
    "ModuleInfo",
    "Section",
    "Start",
    "Table",
]

#: What an import or an export is.
Kind = Literal["function", "table", "memory", "global", "tag"]


@dataclass(frozen=True, slots=True)
class FunctionType:
    """Parameters and results by name (`i32`, `i64`, `f32`, `f64`, `v128`, references)."""

    params: tuple[str, ...] = ()
    results: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As Envoy prints it: `i32 i32 -> void`."""
        return f"{' '.join(self.params) or 'void'} -> {' '.join(self.results) or 'void'}"


@dataclass(frozen=True, slots=True)
class Memory:
    """A linear memory; `minimum` and `maximum` are pages of 64 KiB, None: no maximum."""

    minimum: int
    maximum: int | None = None
    shared: bool = False
    wide: bool = False  # 64-bit addresses

    def __str__(self) -> str:
        upper = "" if self.maximum is None else f"..{self.maximum}"
        return f"memory {self.minimum}{upper} pages"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of references; `minimum` and `maximum` are elements."""

    element: str
    minimum: int
    maximum: int | None = None

    def __str__(self) -> str:
        return f"table of {self.element}"


@dataclass(frozen=True, slots=True)
class GlobalType:
    """A global variable."""

    value: str
    mutable: bool = False

    def __str__(self) -> str:
        return f"{'mutable ' if self.mutable else ''}global {self.value}"


#: The type of an import or export; tags carry the function type of their values.
ExternType = FunctionType | Memory | Table | GlobalType


@dataclass(frozen=True, slots=True)
class Import:
    """Something the host must give. `type` is exact."""

    module: str
    name: str
    kind: Kind
    type: ExternType

    @property
    def path(self) -> str:
        """`env.proxy_log`, as Envoy spells it."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class Export:
    """Something the module gives; `index` counts in the index space of its kind."""

    name: str
    kind: Kind
    index: int
    type: ExternType


@dataclass(frozen=True, slots=True)
class Section:
    """`size` is that of the content; `name` is set for custom sections, else the standard one."""

    id: int
    name: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Custom:
    """A custom section: `size` is that of its payload, after the name."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Start:
    """The start section. `host`: the first host function it can reach, None if it reaches none.

    `unsure`: it makes indirect calls, so that more may be reached than can be told.
    """

    function: int
    host: str | None = None
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class ModuleInfo:
    """A module as its sections tell it. A `component` (WASI 0.2) has nothing else set.

    `abi` is the version of the first known marker exported as a function, as Envoy decides it;
    `producers` maps a field ("processed-by") to its (name, version) pairs; `metadata` is the
    payload of the `tamis.metadata` section, which `wasm.metadata` unpacks; `features` are the
    names of WebAssembly proposals that the sections show, and those the toolchain states in
    `target_features`.
    """

    size: int
    component: bool = False
    abi: str | None = None
    imports: tuple[Import, ...] = ()
    exports: tuple[Export, ...] = ()
    memories: tuple[Memory, ...] = ()
    tables: tuple[Table, ...] = ()
    functions: int = 0
    start: Start | None = None
    sections: tuple[Section, ...] = ()
    customs: tuple[Custom, ...] = ()
    producers: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    metadata: bytes | None = None
    features: tuple[str, ...] = ()
    #: Printable paths of the machine that built it, found in the bytes; at most 8.
    paths: tuple[str, ...] = ()

    def export(self, name: str) -> Export | None:
        """The export of this name: a module has at most one."""
        return next((each for each in self.exports if each.name == name), None)

    def function(self, name: str) -> FunctionType | None:
        """The type of the exported function of this name; None when it is no function."""
        found = self.export(name)
        return found.type if found and isinstance(found.type, FunctionType) else None
