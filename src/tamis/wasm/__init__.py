"""What is inside a `.wasm`: sections, imports, exports, memories, features.

`read(data) -> ModuleInfo` is strict where a host is strict and never trusts a length.
"""

from typing import TYPE_CHECKING

from tamis import lazy

if TYPE_CHECKING:
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
    from tamis.wasm.reader import read
    from tamis.wasm.rewrite import keep_exports, strip

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
    "keep_exports",
    "read",
    "strip",
]

__getattr__ = lazy.names_of(
    __name__, {"reader": ("read",), "rewrite": ("keep_exports", "strip")}, rest="module"
)
