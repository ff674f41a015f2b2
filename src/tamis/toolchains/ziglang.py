"""The zig compiler, as C, C++ and Zig filters share it: no system compiler is needed."""

import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tamis import extras
from tamis.errors import BadInput, Missing, Place, Rejected
from tamis.model.filter import Filter
from tamis.toolchains.job import Job
from tamis.toolchains.toolchain import Found
from tamis.toolchains.workshop import Workshop

__all__ = [
    "FEATURES",
    "LINK",
    "ONE_ERROR",
    "STACK",
    "STRIPPED",
    "environment",
    "find",
    "link",
    "native_target",
    "needs_sources",
]

#: WebAssembly features that every Envoy since 1.24 accepts: bulk memory replaces memcpy, the others
#: are what compilers emit by default.
FEATURES = "generic+bulk_memory+mutable_globals+nontrapping_fptoint+sign_ext"
#: Bytes of the guest's stack; the default would be 17 pages.
STACK = 8192
#: Of wasm-ld, called by itself: only so can it be told to write addresses as short as they are;
#: otherwise every call keeps the five bytes a linker may need, and modules are a tenth larger.
LINK = ("--no-entry", "-z", f"stack-size={STACK}", "--lto-O2")
#: It moves code, which debug information then would not find.
STRIPPED = ("--strip-all", "--compress-relocations")
#: What the machine has no instruction for (128-bit products, say) is a call of such a function.
_RUNTIME = re.compile(r"undefined symbol: __[a-z]+\d?\b")
#: `file:line:column: error: ...`, as clang and zig print it.
ONE_ERROR = re.compile(
    r"^(?P<file>[^\n:]+):(?P<line>\d+):(?P<column>\d+): (?:fatal )?error: ", re.MULTILINE
)


def find(shop: Workshop) -> Found:
    """Zig, as the `cpp` extra installs it. Raises Missing."""
    program = shop.which("zig")
    version = shop.ask((str(program), "version")) if program else ""
    if program is None or not version:
        raise Missing(
            "the C, C++ and Zig compiler is not installed (Python package ziglang)",
            advice=f"Run: {extras.command('cpp')}",
        )
    return Found(f"zig {version}", program)


def environment(shop: Workshop) -> Mapping[str, str]:
    """Zig's caches are ours unless the user placed them; zig locks them for parallel builds."""
    cache = str(shop.cache("zig"))
    return {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}


def link(
    filter_: Filter, zig: Found, shop: Workshop, arguments: Sequence[str], target: Path
) -> None:
    """Link to `target`; once more with the compiler's own functions if one of them is missed.

    What the linker writes of zeros goes.
    """

    def run(*more: str) -> None:
        stripped = STRIPPED if filter_.build.strip else ()
        options = (*LINK, *stripped, *arguments, *more)
        command = (str(zig.path), "wasm-ld", *options, "-o", str(target))
        what, env = f"link {filter_.name}", environment(shop)
        shop.run(Job(what, command, cwd=filter_.folder, env=env))

    try:
        run()
    except Rejected as error:
        if not _RUNTIME.search(error.what):
            raise
        run(str(_runtime(zig, shop)))
    from tamis.wasm.rewrite import pack_data  # a cached build needs no rewriting

    target.write_bytes(pack_data(target.read_bytes()))


def _runtime(zig: Found, shop: Workshop) -> Path:
    """An object with the functions that compilers take for granted (compiler-rt)."""
    empty, made = shop.scratch / "runtime.zig", shop.scratch / "runtime.o"
    empty.touch()
    command = (
        str(zig.path), "build-obj", "-target", "wasm32-freestanding", f"-mcpu={FEATURES}",
        "-O", "ReleaseSmall", "-fstrip", "-fsingle-threaded", "-fcompiler-rt",
        str(empty), f"-femit-bin={made}",
    )  # fmt: skip
    shop.run(Job("compile the runtime", command, cwd=shop.scratch, env=environment(shop)))
    return made


def native_target() -> str:
    """For native code of this machine, with a C library as old as the oldest in use.

    One for all of it: zig compiles its C++ library once a target.
    """
    return f"{platform.machine()}-linux-gnu.2.28"


def needs_sources(filter_: Filter, example: str) -> tuple[Path, ...]:
    """The filter's sources. Raises BadInput when it names none."""
    if filter_.sources:
        return filter_.sources
    raise BadInput(
        f"{filter_.name} names no sources",
        advice=f'Add sources = ["{example}"] to tamis.toml.',
        at=Place(filter_.manifest),
    )
