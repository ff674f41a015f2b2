"""`read`: the bytes of a module to a `ModuleInfo`.

Bodies of functions are walked only where the start section leads; the element and data sections
are skipped, because nothing in them is asked for.
"""

from tamis.abi import table as abi
from tamis.wasm import code, custom, types
from tamis.wasm.cursor import Cursor, malformed
from tamis.wasm.features import seen
from tamis.wasm.module import (
    Custom,
    Export,
    ExternType,
    FunctionType,
    GlobalType,
    Import,
    Kind,
    Memory,
    ModuleInfo,
    Section,
    Start,
    Table,
)
from tamis.wasm.paths import machine_paths

__all__ = ["read"]

_MAGIC = b"\0asm"
_MODULE, _COMPONENT = b"\x01\0\0\0", b"\0\x01\0"
_KINDS: tuple[Kind, ...] = ("function", "table", "memory", "global", "tag")
_NAMES = {
    1: "type",
    2: "import",
    3: "function",
    4: "table",
    5: "memory",
    13: "tag",
    6: "global",
    7: "export",
    8: "start",
    9: "element",
    12: "datacount",
    10: "code",
    11: "data",
}
_ORDER = {number: place for place, number in enumerate(_NAMES)}


def read(data: bytes) -> ModuleInfo:
    """What is inside. Raises BadInput, which names the byte offset, on anything malformed.

    A component is recognised and read no further.
    """
    if data[:4] != _MAGIC:
        raise malformed(0, "it does not begin with '\\0asm'")
    version = data[4:8]
    if version[1:] == _COMPONENT and version[0] > 1:
        return ModuleInfo(size=len(data), component=True)
    if version != _MODULE:
        raise malformed(4, f"version {version.hex(' ') or 'missing'}")
    return _Reader(data).read()


class _Reader:
    """The index spaces, filled section by section; lives for one call of `read`."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.types: list[FunctionType | None] = []
        self.imports: list[Import] = []
        self.spaces: dict[Kind, list[ExternType]] = {kind: [] for kind in _KINDS}
        self.exports: dict[str, Export] = {}
        self.start: int | None = None
        self.bodies: list[tuple[int, int]] = []
        self.declared = 0
        self.sections: list[Section] = []
        self.customs: list[Custom] = []
        self.notes = custom.Notes()

    def read(self) -> ModuleInfo:
        at, last = Cursor(self.data, 8), -1
        while at.left:
            start, number = at.offset, at.byte()
            content = at.part(at.unsigned())
            section = Section(number, _NAMES.get(number, ""), content.offset, content.left)
            if number == 0:
                section = self._custom(content, section)
            elif number not in _ORDER:
                raise malformed(start, f"section {number} is unknown")
            elif _ORDER[number] <= last:
                raise malformed(start, f"section '{_NAMES[number]}' is out of order")
            else:
                last = _ORDER[number]
                self._standard(number, content)
            self.sections.append(section)
        if self.declared != len(self.bodies):
            raise malformed(
                at.offset, f"{self.declared} functions declared, {len(self.bodies)} bodies"
            )
        return self._info()

    def _custom(self, at: Cursor, section: Section) -> Section:
        name = at.name()
        self.customs.append(Custom(name, at.offset, at.left))
        self.notes.add(name, at)
        return Section(0, name, section.offset, section.size)

    def _standard(self, number: int, at: Cursor) -> None:
        readers = {
            1: self._types,
            2: self._imports,
            3: self._functions,
            4: self._tables,
            5: self._memories,
            6: self._globals,
            7: self._exports,
            8: self._start,
            10: self._code,
            13: self._tags,
        }
        if number not in readers:  # element, datacount, data
            return
        readers[number](at)
        if at.left:
            raise malformed(at.offset, f"{at.left} bytes left over in section '{_NAMES[number]}'")

    def _types(self, at: Cursor) -> None:
        self.types = types.type_section(at)

    def _function_type(self, at: Cursor) -> FunctionType:
        start, index = at.offset, at.unsigned()
        found = self.types[index] if index < len(self.types) else None
        if found is None:
            raise malformed(start, f"type {index} is no function type")
        return found

    def _imports(self, at: Cursor) -> None:
        for _ in range(at.count()):
            module, name = at.name(), at.name()
            start, code_ = at.offset, at.byte()
            if code_ >= len(_KINDS):
                raise malformed(start, f"0x{code_:02x} is no kind of import")
            kind = _KINDS[code_]
            found = self._import_type(kind, at)
            self.imports.append(Import(module, name, kind, found))
            self.spaces[kind].append(found)

    def _import_type(self, kind: Kind, at: Cursor) -> ExternType:
        if kind == "function":
            return self._function_type(at)
        if kind == "table":
            return types.table_type(at)
        if kind == "memory":
            return types.memory_type(at)
        if kind == "global":
            return types.global_type(at)
        at.byte()
        return self._function_type(at)

    def _functions(self, at: Cursor) -> None:
        self.declared = at.count()
        for _ in range(self.declared):
            self.spaces["function"].append(self._function_type(at))

    def _tables(self, at: Cursor) -> None:
        for _ in range(at.count()):
            with_value = at.left and at.data[at.offset] == 0x40
            if with_value:
                at.skip(2)
            self.spaces["table"].append(types.table_type(at))
            if with_value:
                code.skip_expression(at)

    def _memories(self, at: Cursor) -> None:
        self.spaces["memory"].extend(types.memory_type(at) for _ in range(at.count()))

    def _globals(self, at: Cursor) -> None:
        for _ in range(at.count()):
            self.spaces["global"].append(types.global_type(at))
            code.skip_expression(at)

    def _tags(self, at: Cursor) -> None:
        for _ in range(at.count()):
            at.byte()
            self.spaces["tag"].append(self._function_type(at))

    def _exports(self, at: Cursor) -> None:
        for _ in range(at.count()):
            start, name, code_, index = at.offset, at.name(), at.byte(), at.unsigned()
            if code_ >= len(_KINDS) or index >= len(self.spaces[_KINDS[code_]]):
                raise malformed(start, f"export '{name}' is of nothing that exists")
            if name in self.exports:
                raise malformed(start, f"'{name}' is exported twice")
            kind = _KINDS[code_]
            self.exports[name] = Export(name, kind, index, self.spaces[kind][index])

    def _start(self, at: Cursor) -> None:
        start, index = at.offset, at.unsigned()
        if index >= len(self.spaces["function"]):
            raise malformed(start, f"start function {index} does not exist")
        self.start = index

    def _code(self, at: Cursor) -> None:
        for _ in range(at.count()):
            size = at.unsigned()
            self.bodies.append((at.skip(size), at.offset))

    def _reach(self) -> Start | None:
        """Follow direct calls from the start function to the first host function."""
        if self.start is None:
            return None
        host = [each.path for each in self.imports if each.kind == "function"]
        waiting, known, unsure = [self.start], {self.start}, False
        while waiting:
            index = waiting.pop()
            if index < len(host):
                return Start(self.start, host[index], unsure)
            body = index - len(host)
            if body >= len(self.bodies):
                raise malformed(self.bodies[-1][1], f"function {index} does not exist")
            at = Cursor(self.data, *self.bodies[body])
            calls = code.body_calls(at)
            if at.left:
                raise malformed(at.offset, f"function {index} goes on after its end")
            unsure |= calls.indirect
            waiting += sorted(calls.direct - known)
            known |= calls.direct
        return Start(self.start, None, unsure)

    def _info(self) -> ModuleInfo:
        exports = tuple(self.exports.values())
        markers = (abi.markers().get(each.name) for each in exports if each.kind == "function")
        memories = tuple(each for each in self.spaces["memory"] if isinstance(each, Memory))
        tables = tuple(each for each in self.spaces["table"] if isinstance(each, Table))
        shared = [each.type for each in self.imports] + [each.type for each in exports]
        mutable = any(isinstance(each, GlobalType) and each.mutable for each in shared)
        features = seen(
            self.types, memories, tables, frozenset(each.id for each in self.sections), mutable
        )
        return ModuleInfo(
            size=len(self.data),
            abi=next((version for version in markers if version), None),
            imports=tuple(self.imports),
            exports=exports,
            memories=memories,
            tables=tables,
            functions=self.declared,
            start=self._reach(),
            sections=tuple(self.sections),
            customs=tuple(self.customs),
            producers=self.notes.producers,
            metadata=self.notes.metadata,
            features=tuple(sorted(features | self.notes.features)),
            paths=machine_paths(self.data),
        )
