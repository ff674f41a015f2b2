"""A policy's file, TOML or YAML, to `model.Policy`; schemas/policy.json says what it may hold."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from tamis import schemas
from tamis.errors import BadInput, Place
from tamis.model.policy import Policy

__all__ = ["read"]

_LIMIT = 1 << 20
_ADVICE = "See docs/trust.md for a policy, and tamis schema policy for its keys."


def read(path: Path) -> Policy:
    """The policy in a file; its keys' files are relative to it. Raises BadInput."""
    try:
        with path.open("rb") as file:
            content = file.read(_LIMIT + 1)
        text = content.decode()
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}", advice=_ADVICE) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8", advice="Save it as UTF-8.") from error
    if len(content) > _LIMIT:
        raise BadInput(f"{path} is larger than {_LIMIT >> 20} MiB", advice=_ADVICE)
    found = _valid(
        _yaml(text, path) if path.suffix in {".yaml", ".yml"} else _toml(text, path), path
    )
    return Policy(
        keys=tuple(path.parent / name for name in found.get("keys", ())),
        require=tuple(found.get("require", Policy().require)),
        allow_warned=found.get("allow_warned", False),
        builders=tuple(found.get("builders", ())),
        source=found.get("source", ""),
    )


def _toml(text: str, path: Path) -> object:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(
            f"the policy is not TOML: {error}", advice=_ADVICE, at=Place(path)
        ) from error


def _yaml(text: str, path: Path) -> object:
    from tamis.fixtures import nodes, yaml  # a parser that TOML does not need

    return nodes.plain(yaml.parse(text, path))


def _valid(found: object, path: Path) -> Mapping[str, Any]:
    from jsonschema import Draft202012Validator  # slow to load
    from jsonschema.exceptions import best_match

    fault = best_match(Draft202012Validator(schemas.load("policy")).iter_errors(found))
    if fault:
        where = ".".join(str(part) for part in fault.absolute_path) or "the policy"
        raise BadInput(f"{where}: {fault.message[:200]}", advice=_ADVICE, at=Place(path))
    return cast("Mapping[str, Any]", found)
