"""Manifests: what they say, and what is refused before anything is written."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tamis.errors import BadInput
from tamis.manifests import Manifest, problems, render, usual_kind
from tamis.model.artifact import Metadata
from tamis.model.reference import RegistryReference

DIGEST = "1234567890" * 6 + "1234"
REFERENCE = RegistryReference("ghcr.io", "acme/policy", "1.0.0", f"sha256:{DIGEST}")
SCHEMA = json.dumps(
    {
        "type": "object",
        "additionalProperties": False,
        "properties": {"deny": {"type": "array", "items": {"type": "string"}}, "n": {}},
    }
)
CONFIG = '{\n  "deny": ["no", "12:30:45"]\n}'
METADATA = Metadata("Header_Policy", "1.0.0", root_id="policy", config=CONFIG, config_schema=SCHEMA)
URL = f"oci://ghcr.io/acme/policy:1.0.0@sha256:{DIGEST}"


def parsed(manifest: Manifest, version: tuple[int, int] = (1, 2)) -> dict[str, Any]:
    reader = YAML(typ="safe", pure=True)
    reader.version = version
    value: dict[str, Any] = reader.load(io.StringIO(manifest.text))
    return value


def test_wasm_plugin() -> None:
    manifest = render(METADATA, REFERENCE, target="istio@1.30", kind="WasmPlugin")
    assert (manifest.name, manifest.kind) == ("header-policy-istio-1.30-wasmplugin", "WasmPlugin")
    assert parsed(manifest) == {
        "apiVersion": "extensions.istio.io/v1alpha1",
        "kind": "WasmPlugin",
        "metadata": {"name": "header-policy"},
        "spec": {
            "match": [{"mode": "SERVER"}],
            "url": URL,
            "sha256": DIGEST,
            "type": "HTTP",
            "pluginName": "policy",
            "failStrategy": "FAIL_CLOSE",
            "pluginConfig": {"deny": ["no", "12:30:45"]},
        },
    }


def test_traffic_extension_is_the_usual_kind_from_1_30_on() -> None:
    assert usual_kind("istio@1.29", METADATA) == "WasmPlugin"
    manifest = render(METADATA, REFERENCE, target="istio@1.30", labels={"app": "web"})
    spec = parsed(manifest)["spec"]
    assert manifest.kind == "TrafficExtension"
    assert set(spec) == {"selector", "match", "wasm"}
    assert spec["selector"] == {"matchLabels": {"app": "web"}}
    assert (spec["wasm"]["url"], spec["wasm"]["sha256"]) == (URL, DIGEST)


def test_envoy_filter_lets_the_agent_fetch() -> None:
    manifest = render(
        METADATA, REFERENCE, target="istio@1.29", kind="EnvoyFilter", labels={"app": "web"}
    )
    spec = parsed(manifest)["spec"]
    assert spec["workloadSelector"] == {"labels": {"app": "web"}}
    extension, filter_ = spec["configPatches"]
    assert (extension["applyTo"], extension["patch"]["operation"]) == ("EXTENSION_CONFIG", "ADD")
    assert (filter_["applyTo"], filter_["patch"]["operation"]) == ("HTTP_FILTER", "INSERT_BEFORE")
    assert extension["patch"]["value"]["name"] == filter_["patch"]["value"]["name"]
    plugin = extension["patch"]["value"]["typed_config"]["config"]
    remote = plugin["vm_config"]["code"]["remote"]
    assert (remote["http_uri"]["uri"], remote["sha256"]) == (URL, DIGEST)
    assert plugin["configuration"] == {
        "@type": "type.googleapis.com/google.protobuf.StringValue",
        "value": CONFIG,
    }


@pytest.mark.parametrize(
    ("context", "mode", "patch_context"),
    [
        ("inbound", "SERVER", "SIDECAR_INBOUND"),
        ("outbound", "CLIENT", "SIDECAR_OUTBOUND"),
        ("gateway", "CLIENT", "GATEWAY"),
    ],
)
def test_context(context: Any, mode: str, patch_context: str) -> None:
    metadata = replace(METADATA, context=context)
    plugin = parsed(render(metadata, REFERENCE, target="istio@1.30", kind="WasmPlugin"))["spec"]
    assert plugin["match"] == [{"mode": mode}]
    assert ("selector" in plugin) == (context == "gateway")
    patches = parsed(render(metadata, REFERENCE, target="istio@1.30", kind="EnvoyFilter"))
    assert {each["match"]["context"] for each in patches["spec"]["configPatches"]} == {
        patch_context
    }


def test_network_filters() -> None:
    metadata = replace(METADATA, layer="network")
    plugin = parsed(render(metadata, REFERENCE, target="istio@1.30", kind="WasmPlugin"))
    assert plugin["spec"]["type"] == "NETWORK"
    filters = parsed(render(metadata, REFERENCE, target="envoy"))["static_resources"]["listeners"]
    assert (
        "network.wasm.v3" in filters[0]["filter_chains"][0]["filters"][0]["typed_config"]["@type"]
    )
    with pytest.raises(BadInput, match="is a network filter"):
        render(metadata, REFERENCE, target="istio@1.30", kind="EnvoyFilter")


def test_configuration_given_and_none() -> None:
    given = render(METADATA, REFERENCE, target="istio@1.30", config='{"deny": []}')
    assert parsed(given)["spec"]["wasm"]["pluginConfig"] == {"deny": []}
    none = render(METADATA, REFERENCE, target="istio@1.30", config="")
    assert "pluginConfig" not in parsed(none)["spec"]["wasm"]


def test_not_published_is_the_first_line() -> None:
    command = "tamis copy oci-layout://out/oci:1.0.0 ghcr.io/acme/policy:1.0.0"
    for target in ("istio@1.30", "envoy"):
        text = render(METADATA, REFERENCE, target=target, publish=command).text
        assert text.splitlines()[0] == f"# NOT PUBLISHED: {command}"
    assert not render(METADATA, REFERENCE, target="istio@1.30").text.startswith("#")


def test_a_lone_envoy_reads_a_file() -> None:
    module = Path("/filters/policy.wasm")
    at_hand = render(METADATA, REFERENCE, target="envoy@1.40", module=module)
    assert "filename: /filters/policy.wasm\n" in at_hand.text
    assert at_hand.text.startswith(f"# The module of {URL}\n")
    elsewhere = render(METADATA, REFERENCE, target="envoy@1.40")
    assert elsewhere.text.startswith(f"# tamis pull {URL} -o header-policy.wasm\n")
    assert "filename: header-policy.wasm\n" in elsewhere.text


AWKWARD = [
    "", " ", "no", "On", "y", "null", "~", "1", "1e3", "0o17", "0x1f", "12:30:45", "2026-01-01",
    "1_000", ".5", "=", "<<", "a: b", "a #b", "- a", "{a}", "&a", "*a", "!a", "%a", "@a", "`a",
    '"', "'", "a\tb", "trailing ", "é", "\u2028", "\x00\x07", "a\nb", " a\nb", "a\nb\n", "a \nb",
    "a\n\n\n  b", "a\r\nb", "\n", "a\n ", "a:", "😀\nb", "a\ufeffb\nc", "x" * 300, "a\x85b\nc",
]  # fmt: skip


@pytest.mark.parametrize("version", [(1, 1), (1, 2)])
@pytest.mark.parametrize("text", AWKWARD)
def test_strings_stay_strings_in_either_yaml(text: str, version: tuple[int, int]) -> None:
    config = json.dumps({"deny": [text], "n": {text or "k": text}})
    plugin = parsed(
        render(METADATA, REFERENCE, target="istio@1.30", kind="WasmPlugin", config=config), version
    )
    assert plugin["spec"]["pluginConfig"] == {"deny": [text], "n": {text or "k": text}}
    raw = json.dumps({"deny": [text]}, ensure_ascii=False, indent=1)
    metadata = replace(METADATA, root_id=text)
    patches = parsed(
        render(metadata, REFERENCE, target="istio@1.30", kind="EnvoyFilter", config=raw), version
    )["spec"]["configPatches"]
    given = patches[0]["patch"]["value"]["typed_config"]["config"]
    assert given["configuration"]["value"] == raw
    assert given.get("root_id", "") == text


def test_the_same_bytes_each_time_and_a_quoted_digest() -> None:
    first = render(METADATA, REFERENCE, target="istio@1.30").text
    assert first == render(METADATA, REFERENCE, target="istio@1.30").text
    assert f'sha256: "{DIGEST}"\n' in first


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("a", "a"),
        ("A_b.C", "a-b-c"),
        ("9x", "9x"),
        ("x" * 99, "x" * 63),
        ("a" * 62 + ".b", "a" * 62),
    ],
)
def test_names_are_made_safe(name: str, wanted: str) -> None:
    manifest = render(replace(METADATA, name=name), REFERENCE, target="istio@1.30")
    assert parsed(manifest)["metadata"]["name"] == wanted


ERRORS: list[tuple[dict[str, Any], str, str]] = [
    ({"target": "istio@1.29", "kind": "TrafficExtension"}, "istio@1.29 has no TrafficExtension",
     "It reads WasmPlugin and EnvoyFilter."),
    ({"target": "envoy", "kind": "WasmPlugin"}, "envoy has no WasmPlugin", "It reads Bootstrap."),
    ({"target": "istoi"}, "'istoi' is not a target", "Did you mean istio?"),
    ({"config": "{"}, "the configuration is not JSON", "Correct the JSON"),
    ({"config": '{"deny": [1]}'}, "breaks its schema at $.deny[0]: 1 is not of type 'string'", ""),
    ({"config": '{"dney": []}'}, "breaks its schema at $: Additional properties", ""),
    ({"config": '{"n": 9007199254740993}'}, "$.n = 9007199254740993 would be rounded", "string"),
    ({"namespace": "Not_Valid"}, "$.metadata.namespace: a lowercase RFC 1123 label", "option"),
    ({"labels": {"app": "*"}}, "wildcard is not supported in selector", "option"),
    ({"labels": {"app": "x" * 64}}, "is too long", "option"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "what", "advice"), ERRORS)
def test_errors(options: dict[str, Any], what: str, advice: str) -> None:
    with pytest.raises(BadInput) as caught:
        render(METADATA, REFERENCE, **{"target": "istio@1.30", **options})
    assert what in caught.value.what
    assert advice in caught.value.advice()


def test_errors_of_the_artifact() -> None:
    with pytest.raises(BadInput, match="carries no digest"):
        render(METADATA, replace(REFERENCE, digest=None), target="envoy")
    loose = replace(METADATA, config_schema="", config="[1]")
    with pytest.raises(BadInput, match="a JSON list, WasmPlugin takes an object only"):
        render(loose, REFERENCE, target="istio@1.29")
    demanding = replace(METADATA, config="", config_schema='{"required": ["deny"]}')
    with pytest.raises(BadInput, match="needs a configuration"):
        render(demanding, REFERENCE, target="istio@1.29")
    long = replace(METADATA, root_id="r" * 256)
    with pytest.raises(BadInput, match="pluginName field must be less than 255"):
        render(long, REFERENCE, target="istio@1.29")


def changed(kind: str, path: tuple[Any, ...], value: object) -> Mapping[str, Any]:
    """A good manifest with one thing set (or removed: None) at `path`."""
    manifest = parsed(render(METADATA, REFERENCE, target="istio@1.30", kind=kind))
    at: Any = manifest
    for key in path[:-1]:
        at = at[key]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return manifest


PATCH = ("spec", "configPatches", 1)
MATCH = (*PATCH, "match", "listener", "filterChain", "filter")
WEBHOOK: list[tuple[str, tuple[Any, ...], object, str]] = [
    ("WasmPlugin", ("spec", "url"), None, "url field needs to be set"),
    ("WasmPlugin", ("spec", "url"), "reg.io:5000/x", "unsupported scheme: reg.io:5000/x"),
    ("WasmPlugin", ("spec", "sha256"), "abc", "sha256 field must match [a-f0-9]{64} pattern"),
    ("WasmPlugin", ("spec", "phase"), "LATER", "'LATER' is not one of"),
    ("WasmPlugin", ("spec", "match", 0, "ports"), [{"number": 70000}], "out of range: 70000"),
    ("WasmPlugin", ("spec", "nope"), 1, "'nope' was unexpected"),
    ("WasmPlugin", ("spec", "vmConfig"),
     {"env": [{"name": "A", "value": "b", "valueFrom": "HOST"}]}, "spec.vmConfig.env invalid"),
    ("WasmPlugin", ("spec", "targetRefs"), [{"kind": "Pod", "name": "x"}], "'Pod' is not one of"),
    ("TrafficExtension", ("spec", "wasm"), None, "exactly one of wasm or lua must be set"),
    ("TrafficExtension", ("spec", "lua"), {"inlineCode": "x"}, "exactly one of wasm or lua"),
    ("TrafficExtension", ("spec", "wasm", "url"), None, "url field needs to be set"),
    ("EnvoyFilter", (*PATCH, "applyTo"), None, "Envoy filter: missing applyTo"),
    ("EnvoyFilter", (*PATCH, "patch"), None, "Envoy filter: missing patch"),
    ("EnvoyFilter", (*PATCH, "patch", "operation"), None, "missing patch operation"),
    ("EnvoyFilter", (*PATCH, "patch", "value"), None, "missing patch value for non-remove"),
    ("EnvoyFilter", (*PATCH, "match", "cluster"), {}, "cannot have non listener match"),
    ("EnvoyFilter", (*MATCH, "name"), None, "filter match has no name to match on"),
    ("EnvoyFilter", (*MATCH, "name"), "x", "subfilter match requires filter match with"),
    ("EnvoyFilter", (*MATCH, "subFilter"), {}, "subfilter match has no name to match on"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "path", "value", "words"), WEBHOOK)
def test_what_the_webhook_would_say(
    kind: str, path: tuple[Any, ...], value: object, words: str
) -> None:
    found = problems(changed(kind, path, value))
    assert any(words in each for each in found), found


def test_selector_xor_target_refs() -> None:
    for kind, words in (
        ("WasmPlugin", "only one of targetRefs or selector can be set"),
        ("TrafficExtension", "only one of targetRefs or selector can be set"),
        ("EnvoyFilter", "only one of targetRefs or workloadSelector can be set"),
    ):
        manifest = parsed(
            render(METADATA, REFERENCE, target="istio@1.30", kind=kind, labels={"a": "b"})
        )
        assert problems(manifest) == ()
        manifest["spec"]["targetRefs"] = [{"kind": "Gateway", "name": "g"}]
        assert any(words in each for each in problems(manifest))


def test_kinds_of_others_are_not_judged() -> None:
    assert problems({"kind": "Deployment"}) == ()


@pytest.mark.parametrize("version", [(1, 1), (1, 2)])
@pytest.mark.parametrize("space", ["", "\n", "\n\n", " ", "\n  ", "\t\n", "\r\n"])
def test_white_space_around_a_configuration_is_kept(space: str, version: tuple[int, int]) -> None:
    for config in (CONFIG + space, space + CONFIG, CONFIG.replace("\n", f"{space}\n{space}")):
        manifest = render(METADATA, REFERENCE, target="envoy", config=config)
        assert config_of(parsed(manifest, version)) == config


def config_of(bootstrap: Mapping[str, Any]) -> str:
    chain = bootstrap["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]
    plugin = chain["typed_config"]["http_filters"][0]["typed_config"]["config"]
    text: str = plugin["configuration"]["value"]
    return text
