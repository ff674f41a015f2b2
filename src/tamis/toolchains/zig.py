"""Zig, with the bindings that come with tamis as the module `proxy_wasm`."""

from dataclasses import dataclass
from pathlib import Path

from tamis.abi import table
from tamis.errors import BadInput, Place
from tamis.model.build import Fingerprint
from tamis.model.filter import Filter
from tamis.toolchains import ziglang
from tamis.toolchains.job import Job
from tamis.toolchains.sdk import sdk_digest, sdk_folder
from tamis.toolchains.toolchain import Compiled, Found, text, texts
from tamis.toolchains.workshop import Workshop
from tamis.version import VERSION

__all__ = ["Zig"]

_MODES = ("ReleaseSmall", "ReleaseFast", "ReleaseSafe", "Debug")
#: Before the modules: behind them zig takes them for another module's.
_FLAGS = (
    "-target", "wasm32-freestanding",
    f"-mcpu={ziglang.FEATURES}",
    "-fsingle-threaded",
    "-flto",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Zig:
    """Settings: `optimize` (zig's own modes; the default is ReleaseSmall) and `flags`."""

    def find(self, shop: Workshop) -> Found:
        """Zig, as the `cpp` extra installs it."""
        return ziglang.find(shop)

    def inputs(self, filter_: Filter) -> tuple[Path, ...]:
        """The filter's folder: zig imports nothing from outside a module's root."""
        return (filter_.folder,)

    def fingerprint(self, filter_: Filter, shop: Workshop) -> Fingerprint:  # noqa: ARG002
        """Compiler, bindings and flags."""
        toolchain = ziglang.find(shop).version
        return Fingerprint(
            toolchain, f"tamis-zig {VERSION}", f"{sdk_digest('zig')} {' '.join(_FLAGS)}"
        )

    def build(self, filter_: Filter, shop: Workshop) -> Compiled:
        """Compile the one root source; it imports the others."""
        zig = ziglang.find(shop)
        sources = ziglang.needs_sources(filter_, "filter.zig")
        if len(sources) != 1:
            raise BadInput(
                f"{filter_.name} names {len(sources)} sources, but a Zig module has one root",
                advice='Name the root alone, sources = ["filter.zig"]; it imports the others.',
                at=Place(filter_.manifest),
            )
        mode = text(filter_, "optimize", _MODES[0])
        if mode not in _MODES:
            raise BadInput(
                f"[zig] optimize: '{mode}' is not one of {', '.join(_MODES)}",
                advice="Leave it out for the smallest module.",
                at=Place(filter_.manifest),
            )
        target, made = shop.scratch / "module.wasm", shop.scratch / "module.o"
        command = (
            str(zig.path), "build-obj", *_FLAGS, "-O", mode,
            "-fstrip" if filter_.build.strip else "-fno-strip",
            *texts(filter_, "flags"), "--dep", "proxy_wasm", f"-Mroot={sources[0]}",
            f"-Mproxy_wasm={sdk_folder('zig') / 'proxy_wasm.zig'}", f"-femit-bin={made}",
        )  # fmt: skip
        job = Job(
            f"compile {sources[0].name}", command, cwd=filter_.folder,
            env=ziglang.environment(shop), error=ziglang.ONE_ERROR,
        )  # fmt: skip
        shop.run(job)
        exports = (f"--export-if-defined={name}" for name in _exported())
        ziglang.link(filter_, zig, shop, (*exports, str(made)), target)
        return Compiled(target.read_bytes())


def _exported() -> tuple[str, ...]:
    """What a host looks for; -rdynamic would export the stack pointer, too."""
    return ("proxy_abi_version_0_2_1", "malloc", "proxy_on_memory_allocate", *table.callbacks())
