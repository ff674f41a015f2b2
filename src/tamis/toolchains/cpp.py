"""C++ and C: sources become objects, and Zig's wasm-ld links them into the smallest module that
Envoy loads (freestanding: no libc, no WASI), the same bytes wherever the sources lie.

A filter of the official C++ SDK needs WASI's libc instead: `toolchains.cpp_sdk` has its commands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tamis.errors import BadInput, Place
from tamis.model.build import Fingerprint
from tamis.model.filter import Filter
from tamis.toolchains import cpp_sdk, ziglang
from tamis.toolchains.depfile import outside
from tamis.toolchains.job import Job
from tamis.toolchains.sdk import sdk_digest, sdk_folder
from tamis.toolchains.settings import macros
from tamis.toolchains.toolchain import Compiled, Found, text, texts
from tamis.toolchains.workshop import Workshop
from tamis.version import VERSION

__all__ = ["Cpp"]

_FLAGS = (
    "-target", "wasm32-freestanding",
    f"-mcpu={ziglang.FEATURES}",
    "-ffreestanding",
    "-nostdlib",
    "-Wall",
    "-Wextra",
    "-fvisibility=hidden",
    # No text of this machine, and no time, in the module.
    "-no-canonical-prefixes",
    "-Wdate-time",
)  # fmt: skip
_CPP_FLAGS = (
    "-std=c++20",
    "-fno-exceptions",
    "-fno-rtti",
    "-fno-threadsafe-statics",
    # A module is never unloaded: nobody would run them.
    "-fno-c++-static-destructors",
    # Views and spans travel in registers instead of through the stack: a tenth smaller.
    "-Xclang", "-target-abi", "-Xclang", "experimental-mv",
)  # fmt: skip
_C_FLAGS = ("-std=c17",)
#: Callbacks that nobody overrides and nobody calls are left out.
_VTABLES = ("-fwhole-program-vtables", "-fvirtual-function-elimination")
_OPTIMIZE = {
    # zig turns -Oz into -Os on the way to clang.
    "size": ("-Oz", "-Xclang", "-Oz", "-flto", *_VTABLES),
    "speed": ("-O2", "-flto", *_VTABLES),
    "none": ("-O1",),
}


@dataclass(frozen=True, slots=True)
class Cpp:
    """Settings, of [cpp] or [c]: `defines`, `flags`, `include`, `optimize`; what stands behind -Wl,
    in `flags` goes to wasm-ld. [cpp] has `sdk` besides, "tamis" or "proxy-wasm", and `sdk_path`.
    """

    def find(self, shop: Workshop) -> Found:
        """Zig, as the `cpp` extra installs it."""
        return ziglang.find(shop)

    def inputs(self, filter_: Filter) -> tuple[Path, ...]:
        """The filter's folder and what `include` names; an official SDK too."""
        included = (filter_.folder / each for each in texts(filter_, "include"))
        sdk = (cpp_sdk.folder(filter_),) if cpp_sdk.wanted(filter_) else ()
        return (filter_.folder, *(each.resolve() for each in included), *sdk)

    def fingerprint(self, filter_: Filter, shop: Workshop) -> Fingerprint:
        """Compiler, SDK and flags."""
        toolchain = ziglang.find(shop).version
        if cpp_sdk.wanted(filter_):
            return Fingerprint(toolchain, "proxy-wasm-cpp-sdk", " ".join(cpp_sdk.FLAGS))
        kind = filter_.language
        flags = (
            *_FLAGS,
            *(_C_FLAGS if kind == "c" else _CPP_FLAGS),
            *ziglang.LINK,
            *ziglang.STRIPPED,
            *_OPTIMIZE["size"],
        )
        return Fingerprint(
            toolchain, f"tamis-{kind} {VERSION}", f"{sdk_digest(kind)} {' '.join(flags)}"
        )

    def build(self, filter_: Filter, shop: Workshop) -> Compiled:
        """Compile each source, and link."""
        zig = ziglang.find(shop)
        sources = ziglang.needs_sources(filter_, "filter.c" if _is_c(filter_) else "filter.cc")
        if cpp_sdk.wanted(filter_):
            return cpp_sdk.build(filter_, zig, shop, _settings(filter_))
        target = shop.scratch / "module.wasm"
        compiler, linker = _compiler(zig.path, filter_), _linker(filter_)
        objects = [shop.scratch / f"{number}.o" for number in range(len(sources))]
        environment = ziglang.environment(shop)
        for source, made in zip(sources, objects, strict=True):
            shown = source.relative_to(filter_.folder).as_posix()
            command = (*compiler, "-c", str(source), "-o", str(made))
            command = (*command, "-MD", "-MF", str(made.with_suffix(".d")))
            shop.run(
                Job(
                    f"compile {shown}", command, cwd=filter_.folder,
                    env=environment, error=ziglang.ONE_ERROR,
                )
            )  # fmt: skip
        ziglang.link(filter_, zig, shop, (*linker, *map(str, objects)), target)
        known = (*self.inputs(filter_), sdk_folder(filter_.language), zig.path.parent)
        read = [made.with_suffix(".d") for made in objects]
        return Compiled(target.read_bytes(), outside(read, filter_.folder, known))


def _is_c(filter_: Filter) -> bool:
    return filter_.language == "c"


def _compiler(zig: Path, filter_: Filter) -> tuple[str, ...]:
    sdk = sdk_folder(filter_.language)
    return (
        str(zig),
        "cc" if _is_c(filter_) else "c++",
        *_FLAGS,
        *(("-s",) if filter_.build.strip else ("-g",)),
        *(_C_FLAGS if _is_c(filter_) else _CPP_FLAGS),
        *(each for each in _settings(filter_) if not _linker_options(each)),
        f"-ffile-prefix-map={filter_.folder}=.",
        f"-ffile-prefix-map={sdk}=tamis-sdk",
        f"-I{sdk}",
    )


def _linker(filter_: Filter) -> tuple[str, ...]:
    return tuple(part for each in _settings(filter_) for part in _linker_options(each))


def _linker_options(flag: str) -> Sequence[str]:
    """What a compiler would hand on."""
    return flag.split(",")[1:] if flag.startswith("-Wl,") else ()


def _settings(filter_: Filter) -> tuple[str, ...]:
    """The [cpp] or [c] table as flags, in the order of the table."""
    optimize = text(filter_, "optimize", "size")
    if optimize not in _OPTIMIZE:
        raise BadInput(
            f"[{filter_.language}] optimize: {optimize!r} is not one of {', '.join(_OPTIMIZE)}",
            advice="Leave it out for the smallest module.",
            at=Place(filter_.manifest),
        )
    return (
        *_OPTIMIZE[optimize],
        *macros(filter_),
        *(f"-I{filter_.folder / folder}" for folder in texts(filter_, "include")),
        *texts(filter_, "flags"),
    )
