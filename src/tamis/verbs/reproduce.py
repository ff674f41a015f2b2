"""`tamis build --reproduce`: the same source twice, in two places, from empty caches."""

import hashlib
import tempfile
import time
from pathlib import Path

from tamis import toolchains
from tamis.model.built import Reproduced
from tamis.model.filter import Filter
from tamis.verbs.making import make, with_sdk

__all__ = ["reproduce"]

#: Paths of different lengths and depths: a path in a module shows.
_PLACES = ("a", "another/folder with spaces")


def reproduce(filter: Filter, *, image: str | None = None, sdk: Path | None = None) -> Reproduced:
    """Build copies of `filter` in two folders, and compare; nothing of the filter's is written.

    Compilers start with empty caches each time; packages are fetched once. `image` and `sdk` as
    `build` has them. Raises what `build` raises.
    """
    started = time.monotonic()
    filter = with_sdk(filter, sdk)
    inputs = toolchains.toolchain_for(filter.language).inputs(filter)
    modules = []
    for name in _PLACES:
        with tempfile.TemporaryDirectory(prefix="tamis-reproduce-") as scratch:
            place = Path(scratch).resolve() / name
            copy = toolchains.relocated(filter, inputs, place)
            with toolchains.open_workshop(copy, image, fresh=True) as shop:
                modules.append(make(copy, shop, known=False).module)
    first, second = (f"sha256:{hashlib.sha256(module).hexdigest()}" for module in modules)
    return Reproduced(
        filter.name,
        (first, second),
        (len(modules[0]), len(modules[1])),
        time.monotonic() - started,
    )
