"""A WasmPlugin or TrafficExtension that deploys the filter today: what tamis.toml can say of it."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import ScalarEvent

from tamis.errors import BadInput, Place
from tamis.model.choices import Context, Layer
from tamis.model.reference import RegistryReference, is_reference, parse
from tamis.scaffold.project import read_text

__all__ = ["Deployed", "deployed"]

_WORDS = {word for one in ("yes", "no", "on", "off") for word in (one, one.title(), one.upper())}
_KINDS = ("WasmPlugin", "TrafficExtension")
_MODES: Mapping[str, Context] = {"SERVER": "inbound", "CLIENT": "outbound"}
#: What tamis.toml has a place for, and what `render` writes anew.
_TAKEN = {"url", "sha256", "type", "pluginName", "pluginConfig", "match", "failStrategy", "wasm"}


@dataclass(frozen=True, slots=True)
class Deployed:
    """`config` None: the manifest has none. `left`: its keys that tamis.toml has no place for."""

    file: Path
    name: str
    config: Mapping[str, Any] | None = None
    root_id: str = ""
    context: Context = "inbound"
    layer: Layer = "http"
    repository: str = ""
    left: tuple[str, ...] = ()


def deployed(file: Path) -> Deployed:
    """The one WasmPlugin or TrafficExtension in `file`. Raises BadInput."""
    found = [one for one in _documents(file) if one.get("kind") in _KINDS]
    if len(found) != 1:
        what = "no" if not found else f"{len(found)} manifests, not one"
        raise BadInput(
            f"{file} holds {what} WasmPlugin or TrafficExtension",
            advice="Name a file with exactly one of them.",
            at=Place(file),
        )
    spec = _table(found[0], "spec")
    module = _table(spec, "wasm") if found[0]["kind"] == "TrafficExtension" else spec
    left = sorted({*spec, *module} - _TAKEN)
    if module.get("failStrategy", "FAIL_CLOSE") != "FAIL_CLOSE":
        left.append("failStrategy")
    config = module.get("pluginConfig")
    if config is not None and not isinstance(config, dict):
        raise BadInput(
            f"pluginConfig in {file} is no mapping",
            advice="Istio takes nothing else.",
            at=Place(file),
        )
    _only_json(config, file)
    return Deployed(
        file=file,
        name=str(_table(found[0], "metadata").get("name", "")),
        config=config,
        root_id=str(module.get("pluginName", "")),
        context=_context(spec),
        layer="network" if module.get("type") == "NETWORK" else "http",
        repository=_repository(str(module.get("url", ""))),
        left=tuple(left),
    )


def _documents(file: Path) -> list[Mapping[str, Any]]:
    reader = YAML(typ="safe", pure=True)
    try:
        text = read_text(file)
        _refuse_words(text, file)
        read = list(reader.load_all(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark
        at = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        raise BadInput(
            f"{file.name} is not YAML: {error.problem}", advice="Correct it there.", at=at
        ) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise BadInput(
            f"{file.name} is not YAML: {error}", advice="Correct it.", at=Place(file)
        ) from error
    return [one for one in read if isinstance(one, dict)]


def _refuse_words(text: str, file: Path) -> None:
    """Kubernetes reads YAML 1.1, in which a plain `yes` or `off` is a boolean."""
    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, ScalarEvent) and event.implicit[0] and event.value in _WORDS:
            raise BadInput(
                f"Kubernetes reads {event.value} in {file.name} as a boolean, YAML 1.2 as a text",
                advice=f'Write true or false, or "{event.value}" in quotes.',
                at=Place(file, event.start_mark.line + 1, event.start_mark.column + 1),
            )


def _context(spec: Mapping[str, Any]) -> Context:
    """A gateway by its label or its kind; else the one side that all of `match` names."""
    labels = _table(_table(spec, "selector"), "matchLabels").values()
    references = spec.get("targetRefs") or [spec.get("targetRef")]
    if any("gateway" in str(label) for label in labels) or any(
        isinstance(one, dict) and one.get("kind") == "Gateway" for one in references
    ):
        return "gateway"
    modes = {one.get("mode") for one in spec.get("match") or () if isinstance(one, dict)}
    return _MODES.get(str(modes.pop()), "inbound") if len(modes) == 1 else "inbound"


def _repository(url: str) -> str:
    """Registry and repository, where the module is an artifact in a registry."""
    if "://" not in url and url:
        url = f"oci://{url}"  # as Istio reads it
    if not is_reference(url):
        return ""
    try:
        reference = parse(url)
    except BadInput:
        return ""
    return reference.name if isinstance(reference, RegistryReference) else ""


def _only_json(value: object, file: Path) -> None:
    """YAML has values that JSON, which the plugin reads, has not."""
    if isinstance(value, dict):
        for name, each in value.items():
            _only_json(name if not isinstance(name, str) else each, file)
            if not isinstance(name, str):
                raise _no_json(name, file)
    elif isinstance(value, list):
        for each in value:
            _only_json(each, file)
    elif isinstance(value, str):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise _no_json(value, file) from error
    elif not (value is None or isinstance(value, bool | int | float)) or (
        isinstance(value, float) and not math.isfinite(value)
    ):
        raise _no_json(value, file)


def _no_json(value: object, file: Path) -> BadInput:
    return BadInput(
        f"pluginConfig in {file} has {value!r}, which JSON has not",
        advice="Quote it, so that it becomes a string.",
        at=Place(file),
    )


def _table(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}
