"""What a WasmPlugin or TrafficExtension tells, and what tamis.toml makes of it."""

import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tamis import profiles
from tamis.errors import BadInput
from tamis.scaffold import Project, adopted, deployed
from tamis.scaffold.adopt import _TARGETS

PLUGIN = """\
apiVersion: v1
kind: ConfigMap
---
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: {name: edge-tag, namespace: prod}
spec:
  selector: {matchLabels: {app: web}}
  url: oci://ghcr.io/acme/edge-tag:1.4.0
  phase: AUTHN
  pluginName: edge_tag
  match: [{mode: CLIENT}]
  pluginConfig: {header: x-a, rules: [{n: 1}, {n: 2.5}], "on": true}
"""
PROJECT = Project("cpp", "f.cc", "edge-tag", sources=["f.cc"], settings={"sdk": "proxy-wasm"})


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "deploy.yaml"
    file.write_text(text)
    return file


def test_a_plugin(tmp_path: Path):
    found = deployed(written(tmp_path, PLUGIN))
    assert found.config == {"header": "x-a", "rules": [{"n": 1}, {"n": 2.5}], "on": True}
    assert (found.name, found.root_id, found.context) == ("edge-tag", "edge_tag", "outbound")
    assert (found.repository, found.layer) == ("ghcr.io/acme/edge-tag", "http")
    assert found.left == ("phase", "selector")


def test_a_traffic_extension_keeps_the_module_s_part_under_wasm(tmp_path: Path):
    text = """\
kind: TrafficExtension
spec:
  targetRefs: [{kind: Gateway, name: g}]
  wasm: {url: "ghcr.io/acme/x", type: NETWORK, failStrategy: FAIL_OPEN, pluginName: r}
"""
    found = deployed(written(tmp_path, text))
    assert (found.config, found.root_id, found.context) == (None, "r", "gateway")
    assert (found.repository, found.layer) == ("ghcr.io/acme/x", "network")
    assert found.left == ("targetRefs", "failStrategy")
    files, notes = adopted(PROJECT, found)
    assert list(files) == ["tamis.toml"]
    assert "no fixtures for it yet" in notes[0]


@pytest.mark.parametrize(
    ("spec", "context"),
    [
        ("{}", "inbound"),
        ("{match: [{mode: SERVER}]}", "inbound"),
        ("{match: [{mode: CLIENT}, {mode: SERVER}]}", "inbound"),
        ("{match: [{mode: CLIENT_AND_SERVER}]}", "inbound"),
        ("{selector: {matchLabels: {istio: ingressgateway}}}", "gateway"),
    ],
)
def test_which_side_of_the_traffic(tmp_path: Path, spec: str, context: str):
    assert deployed(written(tmp_path, f"kind: WasmPlugin\nspec: {spec}")).context == context


@pytest.mark.parametrize("url", ["https://x/y.wasm", "file:///x.wasm", "oci://UPPER/case", ""])
def test_where_no_registry_is_named(tmp_path: Path, url: str):
    text = f"kind: WasmPlugin\nspec: {{url: '{url}'}}"
    assert deployed(written(tmp_path, text)).repository == ""


BAD = {
    "none": ("kind: EnvoyFilter\nspec: {}\n", "holds no WasmPlugin or TrafficExtension"),
    "empty": ("", "holds no WasmPlugin"),
    "two": (f"{PLUGIN}---\n{PLUGIN}", "holds 2 manifests, not one"),
    "no YAML": ("kind: [", "deploy.yaml is not YAML"),
    "config of text": ("kind: WasmPlugin\nspec: {pluginConfig: x}", "pluginConfig .* no mapping"),
    "a date": ("kind: WasmPlugin\nspec: {pluginConfig: {d: 2026-01-01}}", "which JSON has not"),
    "a number as key": ("kind: WasmPlugin\nspec: {pluginConfig: {1: a}}", "which JSON has not"),
    "a boolean of Kubernetes": (
        "kind: WasmPlugin\nspec: {pluginConfig: {a: [yes]}}", "reads yes in deploy.yaml as a bool",
    ),
    "infinity": ("kind: WasmPlugin\nspec: {pluginConfig: {a: [.inf]}}", "which JSON has not"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_manifest_that_cannot_be_used(tmp_path: Path, case: str):
    text, why = BAD[case]
    with pytest.raises(BadInput, match=why):
        deployed(written(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(BadInput, match="cannot read"):
        deployed(tmp_path / "nope.yaml")


def test_both_make_tamis_toml(tmp_path: Path):
    files, notes = adopted(PROJECT, deployed(written(tmp_path, PLUGIN)))
    assert tomllib.loads(files["tamis.toml"].decode()) == {
        "name": "edge-tag",
        "version": "0.1.0",
        "language": "cpp",
        "sources": ["f.cc"],
        "context": "outbound",
        "root_id": "edge_tag",
        "targets": list(_TARGETS),
        "cpp": {"sdk": "proxy-wasm"},
        "config": {"header": "x-a", "rules": [{"n": 1}, {"n": 2.5}], "on": True},
        "publish": {"repository": "ghcr.io/acme/edge-tag"},
    }
    (note,) = notes
    assert note.startswith("tamis.toml has no place for phase, selector of deploy.yaml")


def test_the_source_knows_its_root_id_better(tmp_path: Path):
    project = Project("cpp", "f.cc", "x", root_id="other")
    files, notes = adopted(project, deployed(written(tmp_path, PLUGIN)))
    assert tomllib.loads(files["tamis.toml"].decode())["root_id"] == "other"
    assert "the source registers 'other', deploy.yaml names 'edge_tag'" in notes[0]


def test_what_toml_cannot_say_stands_in_the_fixture(tmp_path: Path):
    text = 'kind: WasmPlugin\nspec: {pluginConfig: {a: null, b: "\\x7f\\x85\\U0001F600"}}'
    files, notes = adopted(PROJECT, deployed(written(tmp_path, text)))
    assert "config" not in tomllib.loads(files["tamis.toml"].decode())
    fixture = YAML(typ="safe", pure=True).load(files["fixtures/first.yaml"].decode())
    assert fixture["config"] == {"a": None, "b": "\x7f\x85😀"}
    assert "TOML cannot say" in notes[0]


def test_without_a_manifest_the_repository_waits_in_a_comment():
    files, notes = adopted(PROJECT)
    text = files["tamis.toml"].decode()
    assert "publish" not in tomllib.loads(text)
    assert '# repository = "registry.example/my-team/edge-tag"' in text
    assert notes == ()


def test_the_targets_are_known():
    for target in _TARGETS:
        profiles.resolve(target)
