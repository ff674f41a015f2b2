"""C++ and C by the zig compiler of the `ziglang` wheel: no system compiler is needed.

The flags make the smallest module that Envoy loads (freestanding: no libc, no WASI), and the same
bytes wherever the sources lie. Sources become objects, and Zig's wasm-ld links them: called by
itself, since only so it can be told to write addresses as short as they are.
"""

import importlib.metadata
import importlib.util
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tamis import extras
from tamis.errors import BadInput, Fault, Missing, Place, Rejected
from tamis.model.filter import Filter
from tamis.toolchains.sdk import sdk_digest, sdk_folder
from tamis.toolchains.toolchain import BuiltModule, Found

__all__ = ["Cpp"]

#: WebAssembly features that every Envoy since 1.24 accepts: bulk memory replaces memcpy, the others
#: are what compilers emit by default.
_FEATURES = "generic+bulk_memory+mutable_globals+nontrapping_fptoint+sign_ext"
_STACK = 8192
_FLAGS = (
    "-target", "wasm32-freestanding",
    f"-mcpu={_FEATURES}",
    "-ffreestanding",
    "-nostdlib",
    "-s",
    "-Wall",
    "-Wextra",
    "-fvisibility=hidden",
    # No text of this machine, and no time, in the module.
    "-no-canonical-prefixes",
    "-Wdate-time",
)  # fmt: skip
_LINK = (
    "--no-entry",
    "-z", f"stack-size={_STACK}",
    "--strip-all",
    "--lto-O2",
    # Without it every call and address keeps the five bytes a linker may need: a tenth larger.
    "--compress-relocations",
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
_ERROR = re.compile(
    r"^(?P<file>[^\n:]+):(?P<line>\d+):(?P<column>\d+): (?:fatal )?error: ", re.MULTILINE
)
_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Cpp:
    """Compiles each source of a filter, and links them. `cache`: zig's, made if absent."""

    cache: Path | None = None

    def find(self) -> Found:
        """Zig, as the `cpp` extra installs it."""
        try:
            spec = importlib.util.find_spec("ziglang")
        except ImportError:
            spec = None
        folder = Path(spec.origin).parent if spec and spec.origin else None
        for name in ("zig", "zig.exe"):
            if folder and (folder / name).is_file():
                return Found(f"zig {importlib.metadata.version('ziglang')}", folder / name)
        raise Missing(
            "the C++ compiler is not installed (Python package ziglang)",
            advice=f"Run: {extras.command('cpp')}",
        )

    def fingerprint(self) -> str:
        """Compiler, SDK and flags."""
        flags = " ".join((*_FLAGS, *_CPP_FLAGS, *_C_FLAGS, *_LINK))
        return f"{self.find().version}; sdk {sdk_digest()}; {flags}"

    def build(self, filter_: Filter) -> BuiltModule:
        """Compile and link `filter_.sources`. Settings: `defines`, `flags`, `include`, `optimize`;
        what stands behind -Wl, in `flags` goes to wasm-ld.
        """
        zig = self.find()
        if not filter_.sources:
            raise BadInput(
                f"{filter_.name} names no sources",
                advice='Add sources = ["filter.cc"] to tamis.toml.',
                at=Place(filter_.manifest),
            )
        with tempfile.TemporaryDirectory(prefix="tamis-build-") as scratch:
            target = Path(scratch) / "module.wasm"
            commands = _commands(zig.path, filter_, target)
            environment = self._environment(Path(scratch))
            start = time.monotonic()
            outputs = [_run(command, filter_, environment) for command in commands]
            seconds = time.monotonic() - start
            output = "\n".join(filter(None, outputs))
            if not target.is_file():
                raise Fault(
                    f"zig said it compiled {filter_.name}, but left no module:\n{output}",
                    advice="Please report this with the command: " + " ".join(commands[-1]),
                )
            return BuiltModule(target.read_bytes(), commands, seconds, output)

    def _environment(self, scratch: Path) -> dict[str, str]:
        """Zig's caches are ours unless the user placed them; zig locks them for parallel builds.

        Where ours cannot be written, as in many a CI job, `scratch` serves: slower, not wrong.
        """
        environment = dict(os.environ)
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        cache = self.cache or base / "tamis" / "zig"
        if not _writable(cache):
            cache = scratch / "zig"
        environment.setdefault("ZIG_GLOBAL_CACHE_DIR", str(cache))
        environment.setdefault("ZIG_LOCAL_CACHE_DIR", environment["ZIG_GLOBAL_CACHE_DIR"])
        environment.pop("CPATH", None)
        environment.pop("CPLUS_INCLUDE_PATH", None)
        return environment


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _commands(zig: Path, filter_: Filter, target: Path) -> tuple[tuple[str, ...], ...]:
    """One for each source, and the linker's. Objects lie beside `target`."""
    sdk = sdk_folder()
    is_c = filter_.language == "c"
    settings = _settings(filter_)
    linker = [part for each in settings for part in _linker_options(each)]
    compiler = (
        str(zig),
        "cc" if is_c else "c++",
        *_FLAGS,
        *(_C_FLAGS if is_c else _CPP_FLAGS),
        *(each for each in settings if not _linker_options(each)),
        f"-ffile-prefix-map={filter_.folder}=.",
        f"-ffile-prefix-map={sdk}=tamis-sdk",
        f"-I{sdk}",
    )
    objects = [str(target.with_name(f"{n}.o")) for n in range(len(filter_.sources))]
    return (
        *(
            (*compiler, "-c", str(source), "-o", made)
            for source, made in zip(filter_.sources, objects, strict=True)
        ),
        (str(zig), "wasm-ld", *_LINK, *linker, *objects, "-o", str(target)),
    )


def _linker_options(flag: str) -> Sequence[str]:
    """What a compiler would hand on."""
    return flag.split(",")[1:] if flag.startswith("-Wl,") else ()


def _settings(filter_: Filter) -> tuple[str, ...]:
    """The [cpp] or [c] table as flags, in the order of the table."""
    settings = filter_.settings
    optimize = settings.get("optimize", "size")
    if not isinstance(optimize, str) or optimize not in _OPTIMIZE:
        raise BadInput(
            f"[{filter_.language}] optimize: {optimize!r} is not one of {', '.join(_OPTIMIZE)}",
            advice="Leave it out for the smallest module.",
            at=Place(filter_.manifest),
        )
    defines = settings.get("defines", {})
    if isinstance(defines, Mapping):
        macros: Sequence[str] = [
            str(n) if v is True else f"{n}={v}" for n, v in sorted(defines.items())
        ]
    else:
        macros = _texts(filter_, "defines")
    return (
        *_OPTIMIZE[optimize],
        *(f"-D{macro}" for macro in macros),
        *(f"-I{filter_.folder / folder}" for folder in _texts(filter_, "include")),
        *_texts(filter_, "flags"),
    )


def _texts(filter_: Filter, key: str) -> Sequence[str]:
    texts = filter_.settings.get(key, [])
    if isinstance(texts, (list, tuple)) and all(isinstance(text, str) for text in texts):
        return texts
    raise BadInput(
        f"[{filter_.language}] {key}: expected a list of strings",
        advice=f'For example: {key} = ["..."]',
        at=Place(filter_.manifest),
    )


def _run(command: Sequence[str], filter_: Filter, environment: Mapping[str, str]) -> str:
    """What the compiler said, if it went well. Paths below the current folder are shown short."""
    try:
        done = subprocess.run(
            command,
            cwd=filter_.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise Rejected(
            f"{filter_.name} did not compile within {_SECONDS} s",
            advice="Split the sources, or look for a template that never ends.",
        ) from late
    except OSError as broken:
        raise Missing(
            f"the C++ compiler does not start: {broken}",
            advice=f"Install it anew: {extras.command('cpp')}",
        ) from broken
    output = (done.stderr + done.stdout).replace(f"{Path.cwd()}{os.sep}", "").strip()
    if done.returncode == 0:
        return output
    first = _ERROR.search(output)
    raise Rejected(
        f"{filter_.name} does not compile\n{output}",
        advice="Correct the source as the compiler says.",
        at=Place(Path(first["file"]), int(first["line"]), int(first["column"])) if first else None,
    )
