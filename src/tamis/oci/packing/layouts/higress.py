"""`higress`: an image with what Higress' console shows, before the layer that its gateway takes.

Source of facts: "Wasm Plugin Image Specification" (higress.io): spec.yaml, README.md, the module
LAST; hgctl writes these media types.
"""

import json
from typing import Any

from tamis.model.artifact import Metadata
from tamis.model.media_types import HIGRESS_README, HIGRESS_SPEC, OCI_TAR_GZIP
from tamis.oci.manifests import TITLE
from tamis.oci.packing.parts import Arranged, Parts, blob, image_config

__all__ = ["arrange"]


def arrange(parts: Parts) -> Arranged:
    """Three layers."""
    documents = (
        blob(HIGRESS_SPEC, _spec(parts.known), {TITLE: "spec.yaml"}),
        blob(HIGRESS_README, _readme(parts.known), {TITLE: "README.md"}),
    )
    diff_ids = [*(each.descriptor.digest for each in documents), parts.archive_digest]
    layers = (*documents, parts.archive(OCI_TAR_GZIP))
    return Arranged(image_config(diff_ids, parts.notes), layers, notes=parts.notes)


def _spec(known: Metadata) -> bytes:
    """YAML whose values are JSON, which YAML is a superset of: nothing in them can be misread."""
    lines = (
        "apiVersion: 1.0.0",
        "info:",
        "  category: custom",
        f"  name: {_value(known.name)}",
        f"  title: {_value(known.name)}",
        f"  description: {_value(known.description)}",
        f"  version: {_value(known.version)}",
        "spec:",
        "  phase: UNSPECIFIED_PHASE",
        "  priority: 0",
        "  configSchema:",
        f"    openAPIV3Schema: {_value(_schema(known))}",
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _schema(known: Metadata) -> dict[str, Any]:
    """The filter's own, with its default configuration as the example that the console offers."""
    schema = _object(known.config_schema) or {"type": "object"}
    kept = {key: value for key, value in schema.items() if not key.startswith("$")}
    example = _object(known.config)
    return {**kept, **({"example": example} if example and "example" not in kept else {})}


def _object(text: str) -> dict[str, Any]:
    """What is no JSON object, such as a configuration of plain text, is left out."""
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(", ", ": "))


def _readme(known: Metadata) -> bytes:
    parts = [f"# {known.name}", known.description]
    if known.config:
        parts.append(f"Default configuration:\n\n```json\n{known.config}\n```")
    return "".join(f"{part}\n\n" for part in parts if part).rstrip("\n").encode() + b"\n"
