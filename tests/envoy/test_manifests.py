"""The envoy target's manifest is a bootstrap that a real Envoy accepts, and one that serves."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.load_cases import CASES, GOOD, module

from tamis.envoy import find, validate
from tamis.manifests import render
from tamis.model.artifact import Metadata
from tamis.model.reference import RegistryReference

pytestmark = pytest.mark.envoy

REFERENCE = RegistryReference("ghcr.io", "acme/x", "1.0.0", "sha256:" + "0" * 64)
METADATA = Metadata("x", "1.0.0", root_id="x", config='{\n "a": ["no", 1.0, "é"]\n}\n')


@pytest.mark.parametrize("layer", ["http", "network"])
@pytest.mark.parametrize("context", ["inbound", "outbound", "gateway"])
def test_envoy_accepts_it(tmp_path: Path, layer: str, context: str) -> None:
    file = tmp_path / "x.wasm"
    file.write_bytes(module(GOOD))
    metadata = replace(METADATA, layer=layer, context=context)  # type: ignore[arg-type]
    manifest = render(metadata, REFERENCE, target="envoy", module=file, publish="tamis copy a b")
    assert validate(find(), manifest.text) is None


def test_the_module_is_really_loaded(tmp_path: Path) -> None:
    """A module that Envoy refuses makes it refuse the bootstrap."""
    file = tmp_path / "x.wasm"
    file.write_bytes(module(CASES["no allocator"][0]))
    reason = validate(find(), render(METADATA, REFERENCE, target="envoy", module=file).text)
    assert reason is not None
    assert "Wasm" in reason


def test_the_configuration_arrives_as_it_is(tmp_path: Path) -> None:
    """The guest refuses to start unless the configuration has the size of the text."""
    file = tmp_path / "x.wasm"
    size = len(METADATA.config.encode())
    text = GOOD[:-1] + (
        '(func (export "proxy_on_configure") (param i32 i32) (result i32) '
        f"(i32.eq (local.get 1) (i32.const {size}))))"
    )
    file.write_bytes(module(text))
    good = render(METADATA, REFERENCE, target="envoy", module=file).text
    assert validate(find(), good) is None
    other = render(METADATA, REFERENCE, target="envoy", module=file, config="{}").text
    assert validate(find(), other) is not None
