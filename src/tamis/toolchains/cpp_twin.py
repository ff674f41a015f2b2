"""C++ filters as native code: the same sources, of any SDK, as an ordinary shared library.

The host functions stay undefined in it; who opens the library has them.
"""

from collections.abc import Sequence
from pathlib import Path

from tamis.model.build import Fingerprint
from tamis.model.filter import Filter
from tamis.toolchains import cpp_sdk, ziglang
from tamis.toolchains.depfile import outside
from tamis.toolchains.job import Job
from tamis.toolchains.sdk import sdk_digest, sdk_folder
from tamis.toolchains.settings import macros
from tamis.toolchains.toolchain import Compiled, texts
from tamis.toolchains.workshop import Workshop
from tamis.version import VERSION

__all__ = ["build", "fingerprint"]

_FLAGS = (
    # As for a module, but for a machine: native code is made for speed.
    "-O2",
    "-fPIC",
    "-fno-exceptions",
    "-fvisibility=hidden",
    "-no-canonical-prefixes",
    "-Wdate-time",
)
_OURS = ("-std=c++20", "-fno-rtti", "-Wall", "-Wextra")
_OFFICIAL = ("-std=c++17",)


def fingerprint(filter_: Filter, shop: Workshop) -> Fingerprint:
    """Compiler, machine, SDK and flags."""
    zig = ziglang.find(shop).version
    if cpp_sdk.wanted(filter_):
        return Fingerprint(
            zig, "proxy-wasm-cpp-sdk", " ".join((ziglang.native_target(), *_FLAGS, *_OFFICIAL))
        )
    flags = " ".join((ziglang.native_target(), *_FLAGS, *_OURS))
    return Fingerprint(zig, f"tamis-cpp {VERSION}", f"{sdk_digest('cpp')} {flags}")


def build(filter_: Filter, shop: Workshop, more: Sequence[str] = ()) -> Compiled:
    """Compile each source, with `more` flags, and link. Raises what `Toolchain.build` does."""
    zig = ziglang.find(shop)
    sources: Sequence[Path] = ziglang.needs_sources(filter_, "filter.cc")
    official = cpp_sdk.wanted(filter_)
    sdk = cpp_sdk.folder(filter_) if official else sdk_folder("cpp")
    if official:
        sources = (*sources, sdk / cpp_sdk.SOURCE)
    common = (
        str(zig.path),
        "c++",
        "-target",
        ziglang.native_target(),
        "-s" if filter_.build.strip else "-g",
    )
    compiler = (
        *common,
        *_FLAGS,
        *(_OFFICIAL if official else _OURS),
        *more,
        *_settings(filter_),
        f"-ffile-prefix-map={filter_.folder}=.",
        f"-ffile-prefix-map={sdk}=sdk",
        f"-I{sdk}",
    )
    objects = [shop.scratch / f"{number}.o" for number in range(len(sources))]
    for source, made in zip(sources, objects, strict=True):
        depend = ("-MD", "-MF", str(made.with_suffix(".d")))
        command = (*compiler, *depend, "-c", str(source), "-o", str(made))
        job = Job(
            f"compile {source.name} natively", command, cwd=filter_.folder,
            env=ziglang.environment(shop), error=ziglang.ONE_ERROR,
        )  # fmt: skip
        shop.run(job)
    target = shop.scratch / "twin.so"
    # A module of our SDK has no library either; what it takes from C is in every process. So zig
    # need not compile its C++ library, which takes a minute the first time.
    libraries = () if official else ("-nostdlib",)
    command = (*common, "-shared", *libraries, *map(str, objects), "-o", str(target))
    job = Job(
        f"link {filter_.name} natively", command, cwd=filter_.folder, env=ziglang.environment(shop)
    )
    shop.run(job)
    read = [made.with_suffix(".d") for made in objects]
    included = ((filter_.folder / each).resolve() for each in texts(filter_, "include"))
    known = (filter_.folder, *included, sdk, zig.path.parent)
    return Compiled(target.read_bytes(), outside(read, filter_.folder, known))


def _settings(filter_: Filter) -> tuple[str, ...]:
    """What [cpp] says, but for what is for WebAssembly's linker, and how to optimise."""
    given = texts(filter_, "flags")
    return (
        *macros(filter_),
        *(f"-I{filter_.folder / folder}" for folder in texts(filter_, "include")),
        *(each for each in given if not each.startswith(("-Wl,", "-O", "-m"))),
    )
