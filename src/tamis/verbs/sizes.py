"""How large a module is, as it is and as small as it can be; what takes long is remembered."""

import hashlib
from collections.abc import Callable

from tamis import caches, elf, toolchains
from tamis.errors import Rejected
from tamis.model.card import Sizes
from tamis.oci.packing import gzip

__all__ = ["sizes"]

_KIND = "sizes"
#: Change it when gzip, or the optimiser's flags, would give another size.
_FORMAT = "1"


def sizes(module: bytes) -> Sizes:
    """Of `module`. The gzipped size is that of our own encoder: the same on every machine."""
    digest = hashlib.sha256(module).hexdigest()
    gzipped = _known(f"{digest}-gzip", lambda: sum(map(len, gzip.compressed([module]))))
    if elf.is_library(module):
        return Sizes(len(module), gzipped, why="it is native code")
    with toolchains.Here() as shop:
        optimizer = toolchains.installed_optimizer(shop)
        if optimizer is None:
            why = "wasm-opt is not installed (apt-get install binaryen)"
            return Sizes(len(module), gzipped, why=why)
        name = f"wasm-opt@{optimizer.version}"
        try:
            small = _known(
                f"{digest}-{name}", lambda: len(toolchains.optimized(module, shop, optimizer))
            )
        except Rejected as error:
            return Sizes(len(module), gzipped, why=error.what)
    return Sizes(len(module), gzipped, name, small)


def _known(name: str, find: Callable[[], int]) -> int:
    name = f"{_FORMAT}-{name}"
    if stored := caches.read(_KIND, name):
        return int(stored)
    found = find()
    caches.write(_KIND, name, str(found).encode())
    return found
