"""`tamis build`: a filter's source to its module."""

import time
from pathlib import Path

from tamis import project, toolchains
from tamis.model.built import Built
from tamis.model.filter import Filter
from tamis.verbs.making import Made, make, with_sdk
from tamis.verbs.twins import make_envoy_module, make_twin, write

__all__ = ["build"]


def build(
    filter: Filter,
    *,
    image: str | None = None,
    sdk: Path | None = None,
    locked: bool = False,
    explain: bool = False,
    quick: bool = False,
    native: bool = False,
    envoy_module: bool = False,
) -> Built:
    """Compile, finish, embed the metadata, see that it loads, then replace `build/<name>.wasm`.

    What was built before of the same files by the same toolchain comes from the cache, unless
    `explain` wants to see it done. `image`: a container image to compile in ("": the one that
    `tamis toolchain image` makes). `sdk`: the official C++ SDK. `locked`: the build must be what
    build.lock.json says. `quick`: see that it loads in wasmtime, and let Envoy wait. `native`:
    compile it for this machine as well, to `build/<name>.native.so`. `envoy_module`: C++ of our SDK
    to a dynamic module of Envoy as well, `build/<name>.envoy.so`.

    Raises Rejected when the source does not compile or the module does not load (the old file
    stays), Missing when the toolchain is not there, BadInput for what cannot be built at all.
    """
    started = time.monotonic()
    filter = with_sdk(filter, sdk)
    with toolchains.open_workshop(filter, image) as shop:
        made = make(filter, shop, known=not explain, quick=quick)
        advice = _advice(filter, made, shop) if explain else ""
    if locked:
        project.hold(filter, made.lock)
    write(filter.module, made.module)
    if not locked:
        project.write_lock(filter, made.lock)
    twin = make_twin(filter, known=not explain) if native else None
    return Built(
        filter=filter,
        path=filter.module,
        module=made.module,
        metadata=made.metadata,
        digest=made.lock.digest,
        seconds=time.monotonic() - started,
        steps=tuple(shop.steps),
        cached=made.cached,
        advice=advice,
        twin=twin,
        envoy_module=make_envoy_module(filter, known=not explain) if envoy_module else None,
    )


def _advice(filter: Filter, made: Made, shop: toolchains.Workshop) -> str:
    """What an optimiser that happens to be there would save."""
    if filter.build.optimize != "none" or filter.language == "prebuilt":
        return ""
    found = toolchains.saved(made.module, shop)
    if found is None:
        return ""
    name, size = found
    share = 100 * size // len(made.module)
    return f'{name} would take off {size} bytes ({share} %): [build] optimize = "{name}"'
