"""Rust, by the user's cargo and its WebAssembly target; where the target's standard library is not
there, but its sources are (rust-src, Debian's rust-web-src), that is built first.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tamis.errors import BadInput, Fault, Missing, Place, Rejected
from tamis.model.build import Fingerprint
from tamis.model.filter import Filter
from tamis.toolchains import crate
from tamis.toolchains.depfile import outside
from tamis.toolchains.inputs import digest
from tamis.toolchains.job import Job
from tamis.toolchains.toolchain import Compiled, Found, flag, text, texts
from tamis.toolchains.workshop import Workshop

__all__ = ["ERROR", "Rust", "artifact", "choices", "compiled", "content", "needs_lock"]

#: Exports `malloc`, imports no WASI, and makes smaller modules than wasm32-wasip1.
TARGET = "wasm32-unknown-unknown"
_TARGETS = (TARGET, "wasm32-wasip1")
#: What Debian calls a cargo that has the standard library's sources for WebAssembly.
_DEBIAN = "/usr/bin/cargo"
#: Debian's wasi-libc; a target's standard library that comes built brings its own.
_LIBC = Path("/usr/lib/wasm32-wasi")
_LINKERS = ("rust-lld", "wasm-ld", *(f"wasm-ld-{version}" for version in range(22, 14, -1)))
_NO_LINKER = re.compile(r"linker `\S*` not found")
ERROR = re.compile(
    r"^error.*\n(?:.*\n)*? *--> (?P<file>[^\n:]+):(?P<line>\d+):(?P<column>\d+)$", re.MULTILINE
)
#: The profile that made the smallest module, where Cargo.toml says nothing.
_PROFILE: Mapping[str, str] = {
    "opt-level": '"z"',
    "lto": "true",
    "codegen-units": "1",
    "panic": '"abort"',
    "strip": "true",
}


@dataclass(frozen=True, slots=True)
class Rust:
    """Settings: `target`, `package`, `features`, `default_features`, `flags` (cargo's)."""

    def find(self, shop: Workshop) -> Found:
        """A cargo that can compile to WebAssembly."""
        return _find(shop, TARGET)

    def inputs(self, filter_: Filter) -> tuple[Path, ...]:
        """The filter's folder and the workspace it belongs to."""
        return tuple(dict.fromkeys((filter_.folder, crate.workspace(filter_))))

    def fingerprint(self, filter_: Filter, shop: Workshop) -> Fingerprint:
        """The compiler's version, and the SDK as Cargo.lock pins it."""
        found = _find(shop, _target(filter_))
        # Not the flags: they differ by folders that they keep out of the module.
        detail = f"{found.more['verbose']} std {found.more['std']}"
        return Fingerprint(found.version, crate.sdk(filter_), detail)

    def build(self, filter_: Filter, shop: Workshop) -> Compiled:
        """Fetch the crates, then compile without a network."""
        target = _target(filter_)
        found = _find(shop, target)
        root = crate.workspace(filter_)
        needs_lock(filter_)
        std = ("-Zbuild-std=std,panic_abort",) if found.more["std"] == "built" else ()
        environment = {
            "RUSTC": found.more["rustc"],
            "CARGO_HOME": str(shop.packages("cargo")),
            # -Zbuild-std is for nightly compilers; others do it when told that they are.
            **({"RUSTC_BOOTSTRAP": "1"} if std else {}),
        }
        fetch = (str(found.path), "fetch", "--locked", f"--target={target}", *std)
        shop.run(Job("fetch crates", fetch, cwd=root, env=environment, network=True))
        folder = shop.cache("rust") / _name(found, target) / crate.own_place(filter_)
        with shop.alone(folder):
            command = _command(filter_, found, shop, target)
            extra = (*std, f"--target-dir={folder}", "--", "--cfg", content(self.inputs(filter_)))
            job = Job(
                f"compile {filter_.name}", (*command, *extra), cwd=filter_.folder,
                env=environment, error=ERROR,
            )  # fmt: skip
            made = artifact(compiled(job, shop), filter_, ".wasm")
            known = (*self.inputs(filter_), folder, shop.packages("cargo"))
            return Compiled(
                made.read_bytes(), outside((made.with_suffix(".d"),), filter_.folder, known)
            )


def needs_lock(filter_: Filter) -> None:
    """Raises BadInput where nothing settles which crates are meant."""
    root = crate.workspace(filter_)
    if not (root / "Cargo.lock").is_file():
        raise BadInput(
            f"{root} has no Cargo.lock: what would be built is not settled",
            advice="Run cargo generate-lockfile and commit the file.",
            at=Place(filter_.manifest),
        )


def compiled(job: Job, shop: Workshop) -> str:
    """What cargo says it made. Crates' build scripts are programs of this machine: Rust links them
    with a C compiler, and without one that is what is missing.
    """
    try:
        return shop.run(job)
    except Rejected as error:
        if not _NO_LINKER.search(error.what):
            raise
        raise Missing(
            "Rust has no C compiler to link the build scripts of crates with",
            advice="Install one: apt-get install gcc, or xcode-select --install.",
        ) from error


def content(inputs: tuple[Path, ...]) -> str:
    """Cargo goes by a crate's name and its files' times: in a folder that projects share it would
    take another crate of that name for this one. A flag of the crate alone that changes with its
    sources tells them apart.
    """
    return f'tamis="{digest(inputs)}"'


def _target(filter_: Filter) -> str:
    target = text(filter_, "target", TARGET)
    if target not in _TARGETS:
        raise BadInput(
            f"[rust] target: '{target}' is no target that a proxy-wasm host loads",
            advice=f"One of {', '.join(_TARGETS)}.",
            at=Place(filter_.manifest),
        )
    return target


def _find(shop: Workshop, target: str) -> Found:
    """The cargo that has the target's standard library, else one that can build it."""
    cargos = [cargo for cargo in (shop.which("cargo"), shop.which(_DEBIAN)) if cargo]
    cargos = list(dict.fromkeys(cargos))
    if not cargos:
        raise Missing(
            "Rust is not installed",
            advice=f"Get it from https://rustup.rs, then run: rustup target add {target}",
        )
    able = [found for cargo in cargos if (found := _able(shop, cargo, target))]
    ready = [found for found in able if found.more["std"] == "there"]
    if not able:
        raise Missing(
            f"Rust is installed ({cargos[0]}), its target {target} is not",
            advice=f"Run: rustup target add {target} (or, on Debian, apt-get install rustc-web "
            "cargo-web rust-web-src lld-19 wasi-libc)",
        )
    return (ready or able)[0]


def _able(shop: Workshop, cargo: Path, target: str) -> Found | None:
    rustc = cargo.parent / "rustc"
    verbose = shop.ask((str(rustc), "-vV"))
    told = shop.ask(
        (str(rustc), f"--target={target}", "--print=target-libdir", "--print=sysroot")
    ).splitlines()
    if not verbose or len(told) != 2:
        return None
    library, sysroot = map(Path, told)
    version = verbose.splitlines()[0].split(" (")[0]
    more = {"rustc": str(rustc), "verbose": verbose, "sysroot": str(sysroot)}
    if shop.exists(library):
        return Found(version, cargo, {**more, "std": "there", "linker": "", "libc": ""})
    linker = shop.which(*_LINKERS)
    if shop.exists(sysroot / "lib/rustlib/src/rust/library/std") and linker:
        libc = str(_LIBC) if target.endswith("wasip1") and shop.exists(_LIBC) else ""
        built = {"std": "built", "linker": str(linker), "libc": libc}
        return Found(version, cargo, {**more, **built})
    return None


def _flags(found: Found, shop: Workshop) -> tuple[str, ...]:
    """For rustc: no path of this machine in the module. Never the project's own folder, which
    cargo names relatively anyway: flags that differ would build the standard library again.
    """
    source = f"{found.more['sysroot']}/lib/rustlib/src/rust"
    flags = (
        f"--remap-path-prefix={shop.packages('cargo')}=/cargo",
        f"--remap-path-prefix={source}=/rustc",
    )
    linker, libc = found.more["linker"], found.more["libc"]
    linked = ("-C", f"linker={linker}") if linker else ()
    return (*flags, *linked, *((f"-Lnative={libc}",) if libc else ()))


def _command(filter_: Filter, found: Found, shop: Workshop, target: str) -> tuple[str, ...]:
    flags = json.dumps(list(_flags(found, shop)))
    command = [
        str(found.path), "rustc", "--lib", "--release", "--offline", "--locked", "--quiet",
        f"--target={target}", "--message-format=json-render-diagnostics",
        "--config", f"target.{target}.rustflags={flags}",
    ]  # fmt: skip
    for key, value in _profile(filter_).items():
        command += ["--config", f"profile.release.{key}={value}"]
    return (*command, *choices(filter_))


def choices(filter_: Filter) -> tuple[str, ...]:
    """What the [rust] table chooses, for cargo. Raises BadInput."""
    command = []
    if package := text(filter_, "package", ""):
        command += ["--package", package]
    if features := texts(filter_, "features"):
        command.append(f"--features={','.join(features)}")
    if not flag(filter_, "default_features", default=True):
        command.append("--no-default-features")
    return (*command, *texts(filter_, "flags"))


def _profile(filter_: Filter) -> Mapping[str, str]:
    """What Cargo.toml leaves open."""
    manifest = tomllib.loads((crate.workspace(filter_) / "Cargo.toml").read_text("utf-8"))
    said = manifest.get("profile", {}).get("release", {})
    wanted = {**_PROFILE, **({} if filter_.build.strip else {"strip": "false"})}
    return {key: value for key, value in wanted.items() if key not in said}


def artifact(messages: str, filter_: Filter, suffix: str) -> Path:
    """The file of that suffix among what cargo says it made. Raises BadInput."""
    made = []
    for line in messages.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if message.get("reason") == "compiler-artifact":
            made += [name for name in message["filenames"] if name.endswith(suffix)]
    if not made:
        raise BadInput(
            f"{filter_.name}: cargo made no {suffix}, for no crate here is a cdylib",
            advice='Add to Cargo.toml: [lib] crate-type = ["cdylib"]',
            at=Place(crate.package(filter_)),
        )
    if not Path(made[-1]).is_file():
        raise Fault(f"cargo says it made {made[-1]}, which is not there", advice="Report this.")
    return Path(made[-1])


def _name(found: Found, target: str) -> str:
    version = re.sub(r"[^\w.-]+", "-", found.version)
    return f"{version}-{target}-{found.more['std']}"
