"""Rust filters as native code: what a plain `cargo build --release` makes of the unmodified crate.

Every host function stays undefined in the cdylib; who opens it has them.
"""

from tamis.errors import Missing
from tamis.model.build import Fingerprint
from tamis.model.filter import Filter
from tamis.toolchains import crate, rust
from tamis.toolchains.depfile import outside
from tamis.toolchains.job import Job
from tamis.toolchains.toolchain import Compiled, Found
from tamis.toolchains.workshop import Workshop

__all__ = ["build", "fingerprint"]


def fingerprint(filter_: Filter, shop: Workshop) -> Fingerprint:
    """The compiler, which names this machine, and the SDK as Cargo.lock pins it."""
    found = _find(shop)
    return Fingerprint(found.version, crate.sdk(filter_), found.more["verbose"])


def build(filter_: Filter, shop: Workshop) -> Compiled:
    """Fetch the crates, then compile without a network. Raises what `Toolchain.build` does."""
    found = _find(shop)
    root = crate.workspace(filter_)
    rust.needs_lock(filter_)
    environment = {"RUSTC": found.more["rustc"], "CARGO_HOME": str(shop.packages("cargo"))}
    fetch = (str(found.path), "fetch", "--locked")
    shop.run(Job("fetch crates", fetch, cwd=root, env=environment, network=True))
    folder = shop.cache("rust") / "native" / crate.own_place(filter_)
    with shop.alone(folder):
        command = (
            str(found.path), "rustc", "--lib", "--release", "--offline", "--locked", "--quiet",
            "--message-format=json-render-diagnostics", *rust.choices(filter_),
            f"--target-dir={folder}", "--", "--cfg", rust.content((filter_.folder, root)),
        )  # fmt: skip
        job = Job(
            f"compile {filter_.name} natively", command, cwd=filter_.folder,
            env=environment, error=rust.ERROR,
        )  # fmt: skip
        made = rust.artifact(rust.compiled(job, shop), filter_, ".so")
        known = (filter_.folder, root, folder, shop.packages("cargo"))
        return Compiled(
            made.read_bytes(), outside((made.with_suffix(".d"),), filter_.folder, known)
        )


def _find(shop: Workshop) -> Found:
    """Any cargo: this machine's standard library is never missing."""
    cargo = shop.which("cargo")
    verbose = shop.ask((str(cargo.parent / "rustc"), "-vV")) if cargo else ""
    if cargo is None or not verbose:
        raise Missing("Rust is not installed", advice="Get it from https://rustup.rs.")
    version = verbose.splitlines()[0].split(" (")[0]
    return Found(version, cargo, {"rustc": str(cargo.parent / "rustc"), "verbose": verbose})
