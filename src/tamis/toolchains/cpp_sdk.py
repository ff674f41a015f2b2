"""C++ filters of the official SDK (proxy-wasm-cpp-sdk), which is in no package registry: the user
says where it lies, by `tamis build --sdk PATH`, `TAMIS_CPP_SDK`, or `[cpp] sdk_path`.

It needs WASI's libc and exports every callback unless `[build] exports` names those that count.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from tamis.errors import BadInput, Missing, Place
from tamis.model.filter import Filter
from tamis.toolchains import ziglang
from tamis.toolchains.depfile import outside
from tamis.toolchains.job import Job
from tamis.toolchains.toolchain import LIFE_CYCLE, Compiled, Found, text
from tamis.toolchains.workshop import Workshop

__all__ = ["FLAGS", "SOURCE", "VARIABLE", "build", "folder", "wanted"]

#: Environment variable that names the SDK's folder.
VARIABLE = "TAMIS_CPP_SDK"
SOURCE = "proxy_wasm_intrinsics.cc"
FLAGS = (
    "-target", "wasm32-wasi",
    "-mexec-model=reactor",
    "-std=c++17",
    "-fno-exceptions",
    "-no-canonical-prefixes",
)  # fmt: skip
#: zig's wasm-ld does not know --allow-undefined.
_LINK = ("-Wl,--import-symbols",)
_WHOLE_PROGRAM = ("-flto", "-fwhole-program-vtables", "-fvirtual-function-elimination")
#: What a host needs besides callbacks.
_NEEDED = ("malloc", "proxy_abi_version_0_2_1", "proxy_abi_version_0_2_0")


def wanted(filter_: Filter) -> bool:
    """Whether tamis.toml says `[cpp] sdk = "proxy-wasm"`. Raises BadInput for an unknown one."""
    if filter_.language != "cpp":
        return False
    sdk = text(filter_, "sdk", "tamis")
    if sdk not in ("tamis", "proxy-wasm"):
        raise BadInput(
            f"[cpp] sdk: '{sdk}' is not one of tamis, proxy-wasm",
            advice="Leave it out for the SDK that comes with tamis.",
            at=Place(filter_.manifest),
        )
    return sdk == "proxy-wasm"


def folder(filter_: Filter) -> Path:
    """Where the SDK lies. Raises Missing when nobody says so, BadInput when it is not there."""
    named = text(filter_, "sdk_path", "") or os.environ.get(VARIABLE)
    if not named:
        raise Missing(
            "the C++ SDK of proxy-wasm is in no package registry, and nobody says where it lies",
            advice=f"Name a checkout of proxy-wasm-cpp-sdk: --sdk PATH, {VARIABLE}, or sdk_path in "
            "[cpp].",
        )
    place = (filter_.folder / named).resolve()
    if not (place / SOURCE).is_file():
        raise BadInput(
            f"{place} is no proxy-wasm-cpp-sdk: it has no {SOURCE}",
            advice="Name the folder that holds proxy_wasm_api.h and the sources beside it.",
        )
    return place


def build(filter_: Filter, zig: Found, shop: Workshop, settings: Sequence[str]) -> Compiled:
    """Objects, then zig's own linker driver, as the SDK's rules have it; exported are the callbacks
    in `[build] exports`, or all.
    """
    sdk = folder(filter_)
    target = shop.scratch / "module.wasm"
    environment = ziglang.environment(shop)
    common = (str(zig.path), "c++", *FLAGS, "-s" if filter_.build.strip else "-g")
    # Link-time optimisation and hidden tables are for code that is ours whole.
    kept = [each for each in settings if not each.startswith(_WHOLE_PROGRAM)]
    maps = (f"-ffile-prefix-map={filter_.folder}=.", f"-ffile-prefix-map={sdk}=proxy-wasm-sdk")
    objects = []
    for number, source in enumerate((*filter_.sources, sdk / SOURCE)):
        made = shop.scratch / f"{number}.o"
        objects.append(made)
        depend = ("-MD", "-MF", str(made.with_suffix(".d")))
        compiler = (*common, *(each for each in kept if not each.startswith("-Wl,")), *maps)
        command = (*compiler, f"-I{sdk}", *depend, "-c", str(source), "-o", str(made))
        job = Job(
            f"compile {source.name}", command, cwd=filter_.folder,
            env=environment, error=ziglang.ONE_ERROR,
        )  # fmt: skip
        shop.run(job)
    linker = (*common, *_LINK, *(each for each in kept if each.startswith("-Wl,")))

    def link(what: str, exports: Sequence[str]) -> None:
        command = (*linker, *exports, *map(str, objects), "-o", str(target))
        shop.run(Job(what, command, cwd=filter_.folder, env=environment))

    link(f"link {filter_.name}", ("-rdynamic", "-Wl,--export=malloc"))
    if filter_.build.exports:
        # zig knows no --export-if-defined: what is there shows in the first module.
        counts = (*_NEEDED, *LIFE_CYCLE, *filter_.build.exports)
        from tamis import wasm  # a cached build needs no reader

        there = {each.name for each in wasm.read(target.read_bytes()).exports}
        names = [f"-Wl,--export={name}" for name in counts if name in there]
        link("link again, exporting only what counts", names)
    read = [made.with_suffix(".d") for made in objects]
    known = (filter_.folder, sdk, zig.path.parent)
    return Compiled(target.read_bytes(), outside(read, filter_.folder, known))
