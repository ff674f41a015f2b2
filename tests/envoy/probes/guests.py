"""The guests of the probes: prober.c in its kinds, and modules given as WAT."""

import subprocess
import sys
from pathlib import Path

import wasmtime
from tests.envoy.probes import FOLDER, MODULES

from tamis.abi import table

__all__ = ["Builder", "wasi_header"]

#: Parameters of WASI functions that say where an answer goes: their kinds in prober_functions.h,
#: by how long the answer is.
_ANSWERS = {
    "nwritten_ptr": "o",
    "nread_ptr": "o",
    "newoffset_ptr": "q",
    "statOut": "q",
    "count_ptr": "o",
    "environ_array_ptr": "o",
    "environ_buf": "z",
    "argv_array_ptr": "o",
    "argv_buf_ptr": "z",
    "result_buf_ptr": "q",
    "buf_size_ptr": "o",
    "argc_ptr": "o",
    "argv_buf_size_ptr": "o",
    "result_time_uint64_ptr": "q",
    "result_resolution_uint64_ptr": "q",
    "retptr0": "q",
    "retptr1": "o",
    "nevents_ptr": "o",
}

#: Parameters that are a list of pieces; their number follows.
_PIECES = ("iovs", "iovs_ptr")


class Builder:
    """Builds each module once, into `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._built: dict[str, bytes] = {}

    def module(self, name: str) -> bytes:
        """The bytes of a prober, or of a text in WAT."""
        if name not in self._built:
            self._built[name] = self._prober(name) if name in MODULES else _text(name)
        return self._built[name]

    def _prober(self, name: str) -> bytes:
        (self._folder / "prober_wasi.h").write_text(wasi_header())
        built = self._folder / f"{name}.wasm"
        target = ("-target", "wasm32-freestanding", "-nostdlib", "-ffreestanding", "-fno-builtin")
        macros = [f"-D{macro}" for macro in MODULES[name]]
        options = ("-O1", "-s", f"-I{self._folder}", "-Wl,--no-entry", *macros)
        command = [sys.executable, "-m", "ziglang", "cc", *target, *options]
        subprocess.run([*command, "-o", built, FOLDER / "prober.c"], check=True)
        return built.read_bytes()


def wasi_header() -> str:
    """WASI's functions with the types that Envoy gives them, and rows for prober's table.

    An i64 is one word of the program here, a pair of address and length one text.
    """
    wasi = table.raw()["wasi"]
    return "\n".join([_function(name, entry) for name, entry in wasi.items()]) + _rows(wasi)


def _text(wat: str) -> bytes:
    return bytes(wasmtime.wat2wasm(wat))


def _function(name: str, entry: dict) -> str:  # type: ignore[type-arg]
    types = ["u64" if each["type"] == "i64" else "u32" for each in entry["params"]]
    words = ", ".join(f"({one})w[{at}]" for at, one in enumerate(types))
    call = f"wasi_{name}({words})"
    body = f"return {call};" if entry["results"] else f"{call}; return 0;"
    result = "u32" if entry["results"] else "void"
    return (
        f'__attribute__((import_module(WASI_MODULE), import_name("{name}")))\n'
        f"{result} wasi_{name}({', '.join(types) or 'void'});\n"
        f"static u32 spread_{name}(const u64* w) {{ (void)w; {body} }}"
    )


def _rows(wasi: dict) -> str:  # type: ignore[type-arg]
    line = '  {{"{0}", "{1}", 0, spread_{0}}}, \\\n'.format
    rows = [line(name, _kinds(entry)) for name, entry in wasi.items()]
    return "\n#define WASI_ROWS \\\n" + "".join(rows) + "\n"


def _kinds(entry: dict) -> str:  # type: ignore[type-arg]
    kinds, names = "", [each["name"] for each in entry["params"]]
    for at, (name, each) in enumerate(zip(names, entry["params"], strict=True)):
        before = names[at - 1] if at else ""
        after = names[at + 1] if at + 1 < len(names) else ""
        if before in _PIECES or ("path" in before and name.endswith("len")):
            continue  # how many, or how long, is no argument of its own
        if name in _PIECES:
            kinds += "v"
        elif "path" in name and after.endswith("len"):
            kinds += "s"
        elif name in _ANSWERS:
            kinds += _ANSWERS[name]
        else:
            kinds += "W" if each["type"] == "i64" else "w"
    return kinds
