"""The CycloneDX 1.6 document: the same module gives the same bytes, whatever the clock."""

import os
import re
import uuid
from collections.abc import Mapping
from pathlib import Path

from tamis.errors import BadInput
from tamis.model.artifact import Artifact
from tamis.model.filter import Filter
from tamis.trust.documents import Object, object_in
from tamis.trust.sbom import golang, npm, rust
from tamis.trust.sbom.component import Component, Packages, component
from tamis.trust.signing import moment
from tamis.trust.statement import LIMIT
from tamis.version import VERSION
from tamis.wasm import ModuleInfo, read

__all__ = ["given", "sbom"]

_LOCKS = {
    "rust": "Cargo.lock",
    "go": "go.mod",
    "tinygo": "go.mod",
    "assemblyscript": "package-lock.json",
}
_ADVICE = "Name a CycloneDX document in JSON, or let tamis write one: attach REF sbom."
_NO_NAME = re.compile(r"[^a-z0-9._-]+")
_URL = re.compile(r"https?://[\w.~:/?#!$&()*+,;=%-]+\Z", re.ASCII)
_SPACE = uuid.UUID("9d2f0f5e-6b1c-5a52-8f0a-5a3f5f7f2c11")


def sbom(artifact: Artifact, module: bytes, filter: Filter | None = None) -> Object:
    """What is inside the artifact's module. `filter`: its source, whose lock files tell what the
    module does not. Raises BadInput for what cannot be read, Missing.
    """
    info = read(module)
    packages = _packages(info, module, filter)
    root = _root(artifact, info)
    components = {each.ref: each for each in packages.components}
    if not components and artifact.metadata.sdk:
        components = {each.ref: each for each in (_sdk(artifact.metadata.sdk),)}
    ordered = [components[ref] for ref in sorted(components)]
    direct = packages.direct or tuple(components)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_SPACE, artifact.module_digest)}",
        "version": 1,
        "metadata": {
            **({"timestamp": moment()} if "SOURCE_DATE_EPOCH" in os.environ else {}),
            "tools": {"components": [{"type": "application", "name": "tamis", "version": VERSION}]},
            "component": root,
        },
        "components": [_component(each) for each in ordered],
        "dependencies": [
            {"ref": root["bom-ref"], "dependsOn": sorted({*direct} & {*components})},
            *(
                {"ref": each.ref, "dependsOn": sorted({*each.needs} & {*components})}
                for each in ordered
            ),
        ],
        "compositions": [
            {
                "aggregate": packages.aggregate,
                "assemblies": [root["bom-ref"]],
                "dependencies": [root["bom-ref"]],
            }
        ],
    }


def given(path: Path) -> Object:
    """A document of somebody else's. Raises BadInput for what is no CycloneDX in JSON."""
    document = object_in(path, advice=_ADVICE, limit=LIMIT)
    version = document.get("specVersion")
    if document.get("bomFormat") != "CycloneDX" or not str(version).startswith("1."):
        raise BadInput(f"{path} is no CycloneDX document of version 1", advice=_ADVICE)
    return document


def _packages(info: ModuleInfo, module: bytes, filter: Filter | None) -> Packages:
    """From the module, which knows best; else from its source; else only that more is inside."""
    for custom in info.customs:
        if custom.name == rust.SECTION:
            return rust.audited(module[custom.offset : custom.offset + custom.size])
    if found := golang.informed(module):
        return found
    file = _lock_file(filter) if filter else None
    match file.name if file else "":
        case "Cargo.lock":
            assert file
            return rust.locked(file)
        case "go.mod":
            assert file
            return golang.required(file)
        case "package-lock.json":
            assert file
            return npm.locked(file)
    return Packages()


def _lock_file(filter: Filter) -> Path | None:
    """The nearest one at the filter or above it: workspaces have one for all."""
    name = _LOCKS.get(filter.language)
    places = (filter.folder, *filter.folder.parents) if name else ()
    return next((place / str(name) for place in places if (place / str(name)).is_file()), None)


def _root(artifact: Artifact, info: ModuleInfo) -> Object:
    known = artifact.metadata
    name = _NO_NAME.sub("-", known.name.lower()).strip("-") or "filter"
    purl = component("oci", name, artifact.digest, "the artifact").purl
    facts = {"toolchain": known.toolchain, "sdk": known.sdk, **_producers(info.producers)}
    return {
        "type": "application",
        "bom-ref": purl,
        "name": _whole(known.name),
        "version": _whole(known.version),
        **({"description": _whole(known.description)} if known.description else {}),
        "hashes": [{"alg": "SHA-256", "content": artifact.module_digest.removeprefix("sha256:")}],
        **({"licenses": [{"expression": _whole(known.license)}]} if known.license else {}),
        "purl": purl,
        **_source(known.source_url),
        "properties": [
            {"name": f"dev.tamis:{name}", "value": _whole(value)}
            for name, value in sorted(facts.items())
            if value
        ],
    }


def _source(url: str) -> Object:
    """Somebody else's annotation may hold anything."""
    if not _URL.match(url):
        return {}
    return {"externalReferences": [{"type": "vcs", "url": url}]}


def _whole(text: str) -> str:
    """Without half characters, which JSON can hold and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def _producers(found: Mapping[str, tuple[tuple[str, str], ...]]) -> dict[str, str]:
    """`producers:processed-by` and so on: the compilers, as they say themselves."""
    return {
        f"producers:{field}": ", ".join(f"{name} {version}".strip() for name, version in pairs)
        for field, pairs in found.items()
    }


def _sdk(text: str) -> Component:
    name, _, version = text.partition(" ")
    return component("generic", name, version.replace(" ", "-"), "the SDK", listed=False)


def _component(each: Component) -> Object:
    return {
        "type": "library",
        "bom-ref": each.ref,
        "name": each.name,
        **({"version": each.version} if each.version else {}),
        **({"scope": "excluded"} if each.built else {}),
        **({"hashes": [{"alg": a, "content": c} for a, c in each.hashes]} if each.hashes else {}),
        **({"purl": each.purl} if each.purl else {}),
    }
