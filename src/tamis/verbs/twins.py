"""What `build` and the hosts of native code share: a filter's native twin, or module of Envoy."""

import platform
import time
from pathlib import Path

from tamis import elf, toolchains
from tamis.errors import BadInput
from tamis.files import write_whole
from tamis.model.built import Twin, Unsupported
from tamis.model.filter import Filter
from tamis.toolchains import builds, cpp_module
from tamis.toolchains.twins import Twins

__all__ = ["make_envoy_module", "make_twin", "write"]


def make_twin(filter: Filter, *, known: bool = True) -> Twin:
    """Compile the filter for this machine, to `build/<name>.native.so`.

    `known` as `make` has it. Raises Rejected when the source does not compile, Missing when the
    toolchain is not there, BadInput for what has no native twin.
    """
    return _make(filter, toolchains.twins_of(filter), "native", filter.twin, known=known)


def make_envoy_module(filter: Filter, *, known: bool = True) -> Twin:
    """Compile a filter of our C++ SDK to a dynamic module of Envoy, `build/<name>.envoy.so`.

    Raises as `make_twin`; Rejected, too, for what such modules cannot do.
    """
    toolchains.twins_of(filter)
    return _make(filter, cpp_module, "envoy-module", filter.envoy_module, known=known)


def _make(filter: Filter, maker: Twins, kind: str, path: Path, *, known: bool) -> Twin:
    started = time.monotonic()
    with toolchains.open_workshop(filter) as shop:
        fingerprint = maker.fingerprint(filter, shop)
        sources = toolchains.digest(toolchains.toolchain_for(filter.language).inputs(filter))
        key = builds.key(filter, fingerprint, sources, f"{kind} {platform.machine()}")
        stored = builds.read(key) if known else None
        if stored:
            library = stored[1]
        else:
            compiled = maker.build(filter, shop)
            library = compiled.wasm
            if not compiled.outside:
                builds.write(key, "", library)
        steps = tuple(shop.steps)
    write(path, library)
    return Twin(
        path,
        len(library),
        fingerprint.toolchain,
        time.monotonic() - started,
        steps,
        cached=stored is not None,
        unsupported=_unsupported(filter, library) if path == filter.twin else (),
    )


def _unsupported(filter: Filter, library: bytes) -> tuple[Unsupported, ...]:
    """Of a language whose linker leaves out what is not called: others name every host function."""
    if filter.language != "cpp":
        return ()
    from tamis import envoy  # a build that is not native needs none of it

    read = elf.read(library)
    return envoy.unsupported(read.imports | read.exports)


def write(path: Path, content: bytes) -> None:
    """Leaves alone what is right already: nobody who watches the file wakes for nothing."""
    try:
        if path.is_file() and path.read_bytes() == content:
            return
        write_whole(path, content)
    except OSError as error:
        raise BadInput(
            f"cannot write {path}: {error.strerror}", advice="Build in a folder you may write to."
        ) from error
