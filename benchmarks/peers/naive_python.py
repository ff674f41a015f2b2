"""The exchange of benchmarks/modules/one_header.c in a host written in Python, over wasmtime-py.

    python naive_python.py MODULE.wasm

Reads the number of exchanges of each round, prints the seconds it took.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from wasmtime import Engine, Func, FuncType, Linker, Memory, Module, Store, ValType

REQUEST = [
    (b":method", b"GET"),
    (b":path", b"/index.html"),
    (b":scheme", b"http"),
    (b":authority", b"example.com"),
    (b"user-agent", b"curl/8.5.0"),
    (b"accept", b"*/*"),
    (b"accept-encoding", b"gzip"),
    (b"accept-language", b"en"),
    (b"cookie", b"session=0123456789abcdef"),
    (b"x-request-id", b"2f9f1bd2-3f2c-4f5e-9d0a-2f1f0a7d6c11"),
]
RESPONSE = [
    (b":status", b"200"),
    (b"content-type", b"text/html"),
    (b"content-length", b"0"),
    (b"server", b"bench"),
    (b"cache-control", b"no-store"),
    (b"vary", b"accept-encoding"),
]


class Host:
    """One VM and the headers that its callbacks see."""

    def __init__(self, module: bytes) -> None:
        engine = Engine()
        self.store = Store(engine)
        linker = Linker(engine)
        i32 = ValType.i32()
        for name, function in (
            ("proxy_get_header_map_value", self.get_value),
            ("proxy_add_header_map_value", self.add_value),
        ):
            linker.define_func("env", name, FuncType([i32] * 5, [i32]), function)
        self.exports = linker.instantiate(self.store, Module(engine, module)).exports(self.store)
        memory = self.exports["memory"]
        assert isinstance(memory, Memory)
        self.memory = memory
        self.maps: dict[int, list[tuple[bytes, bytes]]] = {}
        self.next = 1

    def export(self, name: str) -> Callable[..., int]:
        """A function of the module."""
        function = self.exports[name]
        assert isinstance(function, Func)
        return lambda *arguments: function(self.store, *arguments)

    def read(self, address: int, size: int) -> bytes:
        """Bytes of the guest."""
        return bytes(self.memory.read(self.store, address, address + size))

    def get_value(self, which: int, key: int, key_size: int, value: int, size: int) -> int:
        """proxy_get_header_map_value."""
        name = self.read(key, key_size)
        for known, text in self.maps[which]:
            if known == name:
                at = self.export("malloc")(len(text))
                self.memory.write(self.store, text, at)
                self.memory.write(self.store, at.to_bytes(4, "little"), value)
                self.memory.write(self.store, len(text).to_bytes(4, "little"), size)
                return 0
        return 1

    def add_value(self, which: int, key: int, key_size: int, value: int, value_size: int) -> int:
        """proxy_add_header_map_value."""
        self.maps[which].append((self.read(key, key_size), self.read(value, value_size)))
        return 0

    def exchange(self) -> None:
        """The whole life of a stream."""
        self.next += 1
        self.maps = {0: list(REQUEST), 2: list(RESPONSE)}
        self.export("proxy_on_context_create")(self.next, 1)
        self.export("proxy_on_request_headers")(self.next, len(REQUEST), 1)
        self.export("proxy_on_response_headers")(self.next, len(RESPONSE), 1)
        for name in ("proxy_on_log", "proxy_on_done", "proxy_on_delete"):
            self.export(name)(self.next)


def main() -> None:
    """Rounds, as they are asked for."""
    host = Host(Path(sys.argv[1]).read_bytes())
    host.exchange()
    assert len(host.maps[0]) == 11
    assert len(host.maps[2]) == 7
    for line in sys.stdin:
        begin = time.perf_counter()
        for _ in range(int(line)):
            host.exchange()
        print(f"{time.perf_counter() - begin:.9f}", flush=True)


if __name__ == "__main__":
    main()
