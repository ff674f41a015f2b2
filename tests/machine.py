"""A host for one module that is called by hand: contexts in any order, and as many as wanted."""

import struct

import wasmtime


class Machine:
    """The few host functions that a filter calls which writes one configured header."""

    def __init__(self, wasm: bytes) -> None:
        self.configuration = b""
        self.written: list[tuple[bytes, bytes]] = []
        self.store = wasmtime.Store()
        module = wasmtime.Module(self.store.engine, wasm)
        linker = wasmtime.Linker(self.store.engine)
        for each in module.imports:
            function = getattr(self, each.name, lambda *_: 0)
            linker.define_func(each.module, each.name, each.type, function)
        self.exports = linker.instantiate(self.store, module).exports(self.store)
        self.memory = self.exports["memory"]
        if "_initialize" in self.exports:
            self.call("_initialize")

    def call(self, name: str, *arguments: int):
        return self.exports[name](self.store, *arguments)

    def read(self, at: int, size: int) -> bytes:
        return bytes(self.memory.read(self.store, at, at + size))

    def proxy_get_buffer_bytes(self, buffer, start, count, bytes_at, size_at):
        at = self.call("malloc", len(self.configuration))
        self.memory.write(self.store, self.configuration, at)
        self.memory.write(self.store, struct.pack("<I", at), bytes_at)
        self.memory.write(self.store, struct.pack("<I", len(self.configuration)), size_at)
        return 0

    def proxy_replace_header_map_value(self, kind, name, name_size, value, value_size):
        self.written.append((self.read(name, name_size), self.read(value, value_size)))
        return 0

    proxy_add_header_map_value = proxy_replace_header_map_value
