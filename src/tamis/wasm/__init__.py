"""What is inside a `.wasm`: sections, imports, exports, memories, features.

`read(data) -> ModuleInfo` is strict where a host is strict and never trusts a length.
"""

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
