"""What `build --native` and the hosts of native code share: a filter's native twin."""

import platform
import time
from pathlib import Path

from tamis import toolchains
from tamis.errors import BadInput
from tamis.files import write_whole
from tamis.model.built import Twin
from tamis.model.filter import Filter
from tamis.toolchains import builds

__all__ = ["make_twin", "write"]


def make_twin(filter: Filter, *, known: bool = True) -> Twin:
    """Compile the filter for this machine, to `build/<name>.native.so`.

    `known` as `make` has it. Raises Rejected when the source does not compile, Missing when the
    toolchain is not there, BadInput for what has no native twin.
    """
    started = time.monotonic()
    maker = toolchains.twins_of(filter)
    with toolchains.open_workshop(filter) as shop:
        fingerprint = maker.fingerprint(filter, shop)
        sources = toolchains.digest(toolchains.toolchain_for(filter.language).inputs(filter))
        key = builds.key(filter, fingerprint, sources, f"native {platform.machine()}")
        stored = builds.read(key) if known else None
        if stored:
            library = stored[1]
        else:
            compiled = maker.build(filter, shop)
            library = compiled.wasm
            if not compiled.outside:
                builds.write(key, "", library)
        steps = tuple(shop.steps)
    write(filter.twin, library)
    return Twin(
        filter.twin,
        len(library),
        fingerprint.toolchain,
        time.monotonic() - started,
        steps,
        cached=stored is not None,
    )


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
