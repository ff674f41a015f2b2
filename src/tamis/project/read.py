"""`read`: one tamis.toml to a `Filter`, everything it names being there and fitting together."""

import datetime
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tamis import profiles, schemas
from tamis.errors import BadInput, Place
from tamis.model.build import BuildSettings
from tamis.model.filter import Budgets, Filter
from tamis.model.reference import RegistryReference
from tamis.model.reference import parse as parse_reference
from tamis.project import configuration, proven
from tamis.project.faults import Document, dotted
from tamis.project.plugin import limits, plugin
from tamis.project.sources import reference, sources

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["NAME", "place", "read"]

NAME = "tamis.toml"
_LANGUAGES = ("cpp", "c", "rust", "go", "tinygo", "assemblyscript", "zig", "prebuilt")


def read(folder: Path) -> Filter:
    """The filter in `folder`; paths in it are absolute.

    Raises BadInput with file, line, column and key: bad TOML, unknown or missing keys, files that
    do not exist, unknown targets, a default configuration that breaks its schema.
    """
    folder = folder.resolve()
    document = Document(folder / NAME, _text(folder / NAME, "tamis.toml"))
    values = document.values()
    rules = schemas.text("tamis")
    if fault := proven.fault("tamis.toml", rules, document.text, lambda: _fault(values)):
        raise document.schema_fault(fault)
    found = cast("dict[str, Any]", values)
    schema = _schema(document, found)
    return Filter(
        folder=folder,
        name=found["name"],
        version=found["version"],
        language=found["language"],
        sources=sources(document, folder, found),
        description=found.get("description", ""),
        license=found.get("license", ""),
        context=found.get("context", "inbound"),
        layer=found.get("layer", "http"),
        root_id=found.get("root_id", ""),
        config=_config(document, found, schema),
        config_schema=schema,
        targets=_targets(document, found),
        budgets=Budgets(**found.get("budgets", {})),
        repository=_repository(document, found),
        layout=found.get("publish", {}).get("layout"),
        source_url=found.get("publish", {}).get("source_url", ""),
        build=_build(found),
        reference=reference(document, found),
        settings=_settings(document, found),
        plugin=plugin(document, found, _text),
        limits=limits(document, found),
    )


def place(filter: Filter, *key: str) -> Place:
    """Where `key` (such as "budgets", "size") stands in the filter's tamis.toml, as it is now."""
    try:
        return Document(filter.manifest, _text(filter.manifest, "tamis.toml")).place(key)
    except BadInput:  # gone since it was read
        return Place(filter.manifest)


def _build(found: Mapping[str, Any]) -> BuildSettings:
    table = found.get("build", {})
    return BuildSettings(**{**table, "exports": tuple(table.get("exports", ()))})


def _fault(values: object) -> "ValidationError | None":
    """What to tell first: a key that is misspelt is worth more than the one then missing."""
    from jsonschema import Draft202012Validator  # slow to load, seldom needed
    from jsonschema.exceptions import best_match

    faults = list(Draft202012Validator(schemas.load("tamis")).iter_errors(values))
    unknown = (fault for fault in faults if fault.validator == "additionalProperties")
    fault: ValidationError | None = next(unknown, None) or best_match(faults)
    return fault


def _text(file: Path, what: str, at: Place | None = None) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        place = at or Place(file)
        raise BadInput(f"{file.name} is not UTF-8", advice="Save it as UTF-8.", at=place) from error
    except (OSError, ValueError) as error:  # ValueError: no path has a NUL
        why = error.strerror if isinstance(error, OSError) else error
        raise BadInput(
            f"cannot read {what} {file}: {why}",
            advice="Name a file that exists.",
            at=at,
        ) from error


def _schema(document: Document, found: Mapping[str, Any]) -> Path | None:
    if "config_schema" not in found:
        return None
    at = document.place(("config_schema",))
    file = document.file.parent.joinpath(found["config_schema"])
    text = _text(file, "'config_schema'", at)
    file = file.resolve()
    what = f"the schema {file.name}"
    rules = configuration.parse(text, what, at=Place(file))
    proven.fault(
        "schema", text, "", lambda: configuration.check_schema(rules, what, at=Place(file))
    )
    return file


def _config(document: Document, found: Mapping[str, Any], schema: Path | None) -> str:
    """The default configuration as text, held against its schema. Without one: ""."""
    config = found.get("config")
    if config is None:
        return ""
    what = "the default configuration"
    file = document.file.parent / config if isinstance(config, str) else None
    if file:
        text = _text(file, "'config'", document.place(("config",))).strip()
        config = configuration.parse(text, what, at=Place(file))
    else:
        _only_json(document, config, ("config",))
        text = json.dumps(config, ensure_ascii=False, separators=(",", ":"))
    if not schema:
        return text
    rules = schema.read_text(encoding="utf-8")
    fault = proven.fault(
        "configuration",
        rules,
        text,
        lambda: configuration.fault_of(config, rules, at=Place(schema)),
    )
    if fault:
        at = Place(file) if file else document.place(("config", *fault.absolute_path))
        raise configuration.broken(fault, what, at=at)
    return text


def _only_json(document: Document, value: object, path: tuple[str | int, ...]) -> None:
    """TOML has values that JSON has not: dates, times, inf and nan."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            _only_json(document, each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            _only_json(document, each, (*path, index))
    elif isinstance(value, datetime.date | datetime.time) or (
        isinstance(value, float) and not math.isfinite(value)
    ):
        raise document.error(
            path,
            f"'{dotted(path)}': JSON, which the plugin reads, has no such value as {value}",
            "Quote it, so that it becomes a string.",
        )


def _targets(document: Document, found: Mapping[str, Any]) -> tuple[str, ...]:
    for index, target in enumerate(found.get("targets", ())):
        try:
            profiles.resolve(target)
        except BadInput as error:
            raise document.error(("targets", index), error.what, error.advice()) from error
    return tuple(found.get("targets", ()))


def _repository(document: Document, found: Mapping[str, Any]) -> str | None:
    text = found.get("publish", {}).get("repository")
    if text is None:
        return None
    path = ("publish", "repository")
    advice = "Write registry host and repository alone: ghcr.io/acme/filter."
    try:
        reference = parse_reference(text)
    except BadInput as error:
        raise document.error(path, f"'publish.repository': {error.what}", advice) from error
    if not isinstance(reference, RegistryReference) or reference.tag or reference.digest:
        raise document.error(
            path, f"'publish.repository': '{text}' is more than a repository", advice
        )
    return reference.name


def _settings(document: Document, found: Mapping[str, Any]) -> Mapping[str, object]:
    language = found["language"]
    for other in _LANGUAGES:
        if other in found and other != language:
            raise document.error(
                (other,),
                f"the table [{other}] belongs to another language than '{language}'",
                f"Move its keys to [{language}], or change 'language'.",
            )
    return cast("Mapping[str, object]", found.get(language, {}))
