"""What `build` and its proof of repeating share: one filter, one workshop, one finished module."""

import hashlib
import importlib.util
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

from tamis import toolchains
from tamis.errors import Rejected
from tamis.model.artifact import Metadata
from tamis.model.build import Lock, Step
from tamis.model.filter import Filter
from tamis.model.metadata import decode, encode
from tamis.model.reference import parse
from tamis.toolchains import Workshop, builds

__all__ = ["Made", "make", "with_sdk"]


@dataclass(frozen=True, slots=True)
class Made:
    """A module that is ready to be written, and what is known of it."""

    module: bytes
    metadata: Metadata
    lock: Lock
    cached: bool


def make(filter: Filter, shop: Workshop, *, known: bool = True, quick: bool = False) -> Made:
    """Compile, finish, embed the metadata, and see that it loads; writes no file but the cache's.

    `known`: what was built before of the same files by the same toolchain will do. `quick`: that it
    loads in wasmtime will do, too; such a module is kept apart. Raises what `build` raises.
    """
    toolchain = toolchains.toolchain_for(filter.language)
    fingerprint = toolchain.fingerprint(filter, shop)
    optimizer = toolchains.find_optimizer(filter, shop)
    told = _metadata(filter, fingerprint.toolchain, fingerprint.sdk)
    sources = filter.reference or toolchains.digest(toolchain.inputs(filter))
    key = builds.key(filter, fingerprint, sources, encode(told))
    names = (key, f"{key}.quick") if quick else (key,)
    stored = (
        next((found for name in names if (found := builds.read(name))), None) if known else None
    )
    if stored:
        return _made(stored[1], decode(stored[0], "the cached build"), filter, cached=True)
    compiled = toolchain.build(_with_file(filter, shop), shop)
    wasm = toolchains.finish(compiled.wasm, filter, shop, optimizer)
    from tamis.wasm import read  # a cached build needs no reader

    metadata = replace(told, abi=read(wasm).abi or "")
    module = toolchains.embed(wasm, metadata)
    shop.steps.append(Step("embed metadata", size=len(module)))
    _loads(filter, module, shop, quick=quick)
    if not compiled.outside:
        builds.write(names[-1], encode(metadata), module)
    return _made(module, metadata, filter, cached=False)


def with_sdk(filter: Filter, sdk: Path | None) -> Filter:
    """The filter built with the official C++ SDK at `sdk`; None: as tamis.toml says."""
    if sdk is None:
        return filter
    named = {"sdk": "proxy-wasm", "sdk_path": str(sdk.absolute())}
    return replace(filter, settings={**filter.settings, **named})


def _made(module: bytes, metadata: Metadata, filter: Filter, *, cached: bool) -> Made:
    digest = f"sha256:{hashlib.sha256(module).hexdigest()}"
    lock = Lock(metadata.toolchain, metadata.sdk, filter.build.optimize, digest, len(module))
    return Made(module, metadata, lock, cached)


def _with_file(filter: Filter, shop: Workshop) -> Filter:
    """A prebuilt filter that names an artifact, with the module fetched into a file."""
    if not filter.reference:
        return filter
    from tamis.verbs.pull import fetch  # a registry's client: slow to load, seldom needed

    _, module = fetch(parse(filter.reference))
    file = shop.scratch / "fetched.wasm"
    file.write_bytes(module)
    return replace(filter, sources=(file,))


def _loads(filter: Filter, module: bytes, shop: Workshop, *, quick: bool) -> None:
    """Raises Rejected when no host would load the module: the old file stays."""
    from tamis import host  # what needs wasmtime and Envoy: a cached build needs neither

    started = time.monotonic()
    refusal = host.load(module)
    shop.steps.append(Step("load in wasmtime", seconds=time.monotonic() - started))
    reason = refusal.reason if refusal and not refusal.feature else None
    by_envoy = not quick and filter.layer == "http" and importlib.util.find_spec("envoy")
    if reason is None and by_envoy:
        from tamis import envoy
        from tamis.verbs.envoys import envoy_of

        started = time.monotonic()
        binary = envoy_of()
        reason = envoy.loads(binary, module, filter.root_id)
        shop.steps.append(Step(f"load in {binary.host}", seconds=time.monotonic() - started))
    if reason is not None:
        raise Rejected(
            f"{filter.name} compiles, but no proxy-wasm host would load it: {reason}",
            advice="Run tamis check for all findings; the previous module was kept.",
        )


def _metadata(filter: Filter, toolchain: str, sdk: str) -> Metadata:
    """What travels with the module: from tamis.toml and the toolchain alone, never a time.

    JSON loses its white space: every registry and every proxy keeps a copy.
    """
    schema = filter.config_schema.read_text("utf-8") if filter.config_schema else ""
    return Metadata(
        name=filter.name,
        version=filter.version,
        description=filter.description,
        license=filter.license,
        language=filter.language,
        toolchain=toolchain,
        sdk=sdk,
        context=filter.context,
        layer=filter.layer,
        root_id=filter.root_id,
        config=_compact(filter.config),
        config_schema=_compact(schema),
        targets=filter.targets,
        repository=filter.repository or "",
        vm_config=filter.plugin.vm_config.decode(),
        environment=tuple(f"{name}={value}" for name, value in filter.plugin.environment.items()),
        capabilities=filter.plugin.capabilities,
        failure_policy=filter.plugin.failure_policy,
        allow_on_headers_stop_iteration=filter.plugin.allow_on_headers_stop_iteration,
        source_url=filter.source_url,
    )


def _compact(text: str) -> str:
    return json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False) if text else ""
