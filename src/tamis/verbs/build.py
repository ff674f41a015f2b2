"""`tamis build`: a filter's source to its module."""

import hashlib
import json
import time

from tamis import host
from tamis.errors import BadInput, Rejected
from tamis.files import write_whole
from tamis.model.artifact import Metadata
from tamis.model.filter import Filter
from tamis.model.result import Built
from tamis.toolchains import toolchain_for
from tamis.toolchains.metadata import embed
from tamis.wasm import read

__all__ = ["build"]


def build(filter: Filter) -> Built:
    """Compile, embed the metadata, see that it loads, then replace `build/<name>.wasm`.

    Raises Rejected when the source does not compile or the module does not load (the old file
    stays), Missing when the toolchain is not there.
    """
    started = time.monotonic()
    compiled = toolchain_for(filter.language).build(filter).wasm
    metadata = _metadata(filter, compiled)
    module = embed(compiled, metadata)
    if refusal := host.load(module):
        raise Rejected(
            f"{filter.name} compiles, but no proxy-wasm host would load it: {refusal.reason}",
            advice="Run tamis check for all findings; the previous module was kept.",
        )
    try:
        write_whole(filter.module, module)
    except OSError as error:
        raise BadInput(
            f"cannot write {filter.module}: {error.strerror}",
            advice="Build in a folder you may write to.",
        ) from error
    digest = f"sha256:{hashlib.sha256(module).hexdigest()}"
    return Built(filter, filter.module, module, metadata, digest, time.monotonic() - started)


def _metadata(filter: Filter, module: bytes) -> Metadata:
    """What travels with the module: all of it from tamis.toml and the module itself.

    JSON loses its white space: every registry and every proxy keeps a copy.
    """
    schema = filter.config_schema.read_text("utf-8") if filter.config_schema else ""
    return Metadata(
        name=filter.name,
        version=filter.version,
        description=filter.description,
        license=filter.license,
        language=filter.language,
        context=filter.context,
        layer=filter.layer,
        root_id=filter.root_id,
        abi=read(module).abi or "",
        config=_compact(filter.config),
        config_schema=_compact(schema),
        targets=filter.targets,
        repository=filter.repository or "",
    )


def _compact(text: str) -> str:
    return json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False) if text else ""
