"""Wheels of Envoy that cannot run Wasm: the table is `without_wasm` in envoy.toml."""

import tomllib
from functools import cache
from importlib import resources

__all__ = ["without_wasm"]


@cache
def without_wasm() -> dict[str, str]:
    """Version -> the first word of its build ("Modified"): others may have the same number."""
    text = resources.files("tamis.profiles").joinpath("envoy.toml").read_text(encoding="utf-8")
    return {each["version"]: each["build"] for each in tomllib.loads(text)["without_wasm"]}
