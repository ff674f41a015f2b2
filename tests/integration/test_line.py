"""The whole line as users run it: each verb's success, its JSON, its files."""

import gzip
import hashlib
import io
import json
import tarfile
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML
from tests.registry import LoopbackRegistry

from tamis import schemas


def read(ended) -> dict:
    """The one JSON object, valid by its published schema."""
    assert ended.code == 0, ended.out + ended.err
    document = json.loads(ended.out)
    jsonschema.validate(document, schemas.of_output(document["verb"]))
    assert (document["ok"], document["problems"]) == (True, [])
    return document


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def test_every_verb_prints_its_schema(tamis_cli):
    for name in schemas.names():
        printed = json.loads(tamis_cli("schema", name).out)
        jsonschema.Draft202012Validator.check_schema(printed)


def test_build_writes_a_module_and_says_so(hello: Path, tamis_cli):
    (module,) = read(tamis_cli("build", hello, "--json"))["modules"]
    data = Path(module["path"]).read_bytes()
    assert (module["size"], module["digest"]) == (len(data), digest(data))
    again = read(tamis_cli("build", hello, "--json"))["modules"][0]
    assert again["digest"] == module["digest"]


def test_build_finds_all_filters_below_a_folder(hello: Path, header_policy_copy: Path, tamis_cli):
    built = read(tamis_cli("build", hello.parent, "--json"))["modules"]
    assert sorted(one["name"] for one in built) == ["header-policy", "hello"]


def test_inspect_shows_what_is_inside(hello: Path, tamis_cli):
    (seen,) = read(tamis_cli("inspect", hello, "--json"))["modules"]
    assert seen["abi"] == "0.2.1"
    assert seen["metadata"]["name"] == "hello"
    assert {one["name"] for one in seen["exports"]} >= {"proxy_on_request_headers", "memory"}
    assert set(seen["accepted"].values()) == {None}
    loose = read(tamis_cli("inspect", hello / "build" / "hello.wasm", "--json"))["modules"][0]
    assert loose["metadata"]["version"] == "1.2.3"


def test_what_a_module_says_of_itself_may_be_damaged(hello: Path, tamis_cli):
    schema = {"description": "one and the same " * 40}
    (hello / "config.schema.json").write_text(json.dumps(schema))
    assert tamis_cli("build", hello).code == 0
    module = hello / "build" / "hello.wasm"
    (seen,) = read(tamis_cli("inspect", module, "--json"))["modules"]
    assert json.loads(seen["metadata"]["config_schema"]) == schema
    data = module.read_bytes()
    assert b"one and the same one and" not in data
    module.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    ended = tamis_cli("inspect", module)
    assert ended.code == 2
    assert "hello.wasm: its tamis.metadata section cannot be unpacked" in ended.err
    assert "Build it again" in ended.err


def test_check_is_content(hello: Path, tamis_cli):
    (checked,) = read(tamis_cli("check", hello, "--json"))["checks"]
    assert checked["targets"] == ["istio@1.30", "envoy@1.40"]
    assert [f for f in checked["findings"] if f["severity"] == "error"] == []


@pytest.mark.envoy
def test_test_runs_both_hosts_and_writes_reports(hello: Path, tmp_path: Path, tamis_cli):
    junit = tmp_path / "junit.xml"
    arguments = ("--host", "wasmtime", "--host", "envoy", "--report", f"junit={junit}")
    document = read(tamis_cli("test", hello, *arguments, "--json"))
    hosts = [run["host"].split()[0] for run in document["runs"]]
    assert hosts == ["wasmtime", "envoy"]
    assert (document["differences"], document["not_comparable"]) == ([], [])
    for run in document["runs"]:
        jsonschema.validate(run["outcome"], schemas.load("outcome"))
        pairs = run["outcome"]["exchanges"][0]["request"]["headers"]
        assert ["x-hello", "world"] in pairs
    suites = ET.parse(junit).getroot().findall("testsuite")
    assert [suite.get("tests") for suite in suites] == ["1", "1"]


@pytest.mark.envoy
def test_a_module_without_expectations_is_compared_between_hosts(
    hello: Path, tmp_path: Path, tamis_cli
):
    assert tamis_cli("build", hello).code == 0
    (tmp_path / "bare").mkdir()
    text = '[[":method", GET], [":path", /x]]'
    (tmp_path / "bare" / "one.yaml").write_text(f"exchanges:\n- request: {{headers: {text}}}\n")
    (tmp_path / "c.json").write_text('{"greeting": "x"}')
    document = read(
        tamis_cli(
            "test", hello / "build" / "hello.wasm", "--fixtures", tmp_path / "bare",
            "--config", tmp_path / "c.json", "--host", "wasmtime", "--host", "envoy", "--json",
        )
    )  # fmt: skip
    assert len(document["runs"]) == 2


def test_snapshots_catch_what_no_expectation_names(hello: Path, tamis_cli):
    wrote = tamis_cli("test", hello, "--update")
    assert wrote.code == 0
    assert "added.yaml.snap.json" in wrote.out
    source = hello / "filter.cc"
    source.write_text(
        source.read_text().replace('("x-hello"', '("x-new", "1");headers.set("x-hello"')
    )
    changed = tamis_cli("test", hello)
    assert changed.code == 1
    assert "x-new" in changed.out
    assert tamis_cli("test", hello, "--update").code == 0
    assert tamis_cli("test", hello).code == 0


@pytest.mark.parametrize("layout", ["image", "istio"])
def test_push_pull_copy_keep_every_byte(layout: str, hello: Path, tmp_path: Path, tamis_cli):
    with LoopbackRegistry() as registry:
        target = f"{registry.host}/acme/hello"
        pushed = read(tamis_cli("push", hello, target, "--layout", layout, "--json"))
        again = read(tamis_cli("push", hello, f"{target}:again", "--layout", layout, "--json"))
        assert pushed["reference"] == f"oci://{target}:1.2.3@{pushed['digest']}"
        assert again["digest"] == pushed["digest"]
        folder = f"oci-layout://{tmp_path}/layout:v1"
        copied = read(tamis_cli("copy", f"{target}:1.2.3", folder, "--json"))
        back = read(tamis_cli("copy", folder, f"{target}:back", "--json"))
        assert {copied["digest"], back["digest"]} == {pushed["digest"]}
        out = tmp_path / "pulled.wasm"
        pulled = read(tamis_cli("pull", f"{target}@{pushed['digest']}", "-o", out, "--json"))
    assert out.read_bytes() == (hello / "build" / "hello.wasm").read_bytes()
    assert pulled["module"]["digest"] == digest(out.read_bytes())
    assert json.loads(pulled["metadata"]["config"]) == {"greeting": "hi"}


def test_push_never_changes_a_given_module(hello: Path, tmp_path: Path, tamis_cli):
    assert tamis_cli("build", hello).code == 0
    module = hello / "build" / "hello.wasm"
    folder = tmp_path / "layout"
    assert tamis_cli("push", module, f"oci-layout://{folder}:1").code == 0
    index = json.loads((folder / "index.json").read_text())
    blob = lambda d: (folder / "blobs" / d.replace(":", "/")).read_bytes()  # noqa: E731
    manifest = json.loads(blob(index["manifests"][0]["digest"]))
    layer = gzip.decompress(blob(manifest["layers"][-1]["digest"]))
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        member = archive.extractfile("plugin.wasm")
        assert member is not None
        assert member.read() == module.read_bytes()


def test_a_folder_and_its_module_make_the_same_artifact(hello: Path, tmp_path: Path, tamis_cli):
    one = read(tamis_cli("push", hello, f"oci-layout://{tmp_path}/a:1", "--json"))
    module = hello / "build" / "hello.wasm"
    other = read(tamis_cli("push", module, f"oci-layout://{tmp_path}/b:1", "--json"))
    assert one["digest"] == other["digest"]


def test_render_is_pinned_wherever_it_comes_from(hello: Path, tmp_path: Path, tamis_cli):
    with LoopbackRegistry() as registry:
        pushed = read(tamis_cli("push", hello, f"{registry.host}/acme/hello:1.2.3", "--json"))
        arguments = ("--target", "istio@1.30", "--kind", "WasmPlugin", "--json")
        online = read(tamis_cli("render", f"oci://{registry.host}/acme/hello:1.2.3", *arguments))
    offline = read(tamis_cli("render", hello, *arguments))
    first, second = (one["manifests"][0]["text"] for one in (online, offline))
    assert not first.startswith("#")
    assert second.startswith("# NOT PUBLISHED: tamis push ")
    for text in (first, second):
        spec = YAML(typ="safe").load(text)["spec"]
        assert spec["sha256"] == pushed["digest"].removeprefix("sha256:")
        assert spec["url"].endswith(f":1.2.3@{pushed['digest']}")
        assert spec["pluginConfig"] == {"greeting": "hi"}


def test_a_kind_picks_its_targets(hello: Path, tamis_cli):
    document = read(tamis_cli("render", hello, "--kind", "WasmPlugin", "--json"))
    assert [one["target"] for one in document["manifests"]] == ["istio@1.30"]


@pytest.mark.envoy
def test_the_installed_envoy_can_be_named_by_its_version(hello: Path, tamis_cli):
    arguments = ("--host", "envoy@1.40", "--host", "envoy", "--json")
    document = read(tamis_cli("test", hello, *arguments))
    assert [run["host"] for run in document["runs"]] == ["envoy 1.40.0"]  # one host, named twice


def test_a_cache_that_cannot_be_written_stops_no_build(
    hello: Path, tamis_cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    read(tamis_cli("build", hello, "--json"))


def test_render_writes_files(hello: Path, tmp_path: Path, tamis_cli):
    document = read(tamis_cli("render", hello, "-o", tmp_path / "m", "--json"))
    paths = [Path(one["path"]) for one in document["manifests"]]
    assert [path.read_text() for path in paths] == [m["text"] for m in document["manifests"]]
    printed = tamis_cli("render", hello)
    assert next(iter(YAML(typ="safe").load_all(printed.out)))["kind"] == "TrafficExtension"


@pytest.mark.envoy
def test_ship_without_a_registry(hello: Path, tmp_path: Path, tamis_cli):
    out = tmp_path / "out"
    document = read(tamis_cli("ship", hello, "--out", out, "--json"))
    assert [stage["name"] for stage in document["stages"]] == [
        "build", "check", "test", "bench", "push", "render",
    ]  # fmt: skip
    assert document["bench"]["ok"] is True
    assert document["bench"]["exchange"]["mean"]["crossings"] > 0
    assert document["published"] is False
    assert document["reference"] == (
        f"oci://registry.example/acme/hello:1.2.3@{document['digest']}"
    )
    assert all(Path(path).exists() for path in document["files"])
    report = json.loads((out / "report.json").read_text())
    assert report["digest"] == document["digest"]
    for manifest in (out / "manifests").glob("*.yaml"):
        assert manifest.read_text().startswith("# NOT PUBLISHED: tamis copy ")
    with LoopbackRegistry() as registry:
        command = document["publish"].replace("registry.example", registry.host).split()[1:]
        assert read(tamis_cli(*command, "--json"))["digest"] == document["digest"]


@pytest.mark.envoy
def test_ship_to_a_registry(hello: Path, tmp_path: Path, tamis_cli):
    with LoopbackRegistry() as registry:
        to = f"{registry.host}/acme/hello"
        arguments = ("--to", to, "--out", tmp_path / "out")
        document = read(tamis_cli("ship", hello, *arguments, "--json"))
        assert document["published"] is True
        assert document["reference"] == f"oci://{to}:1.2.3@{document['digest']}"
        again = read(tamis_cli("ship", hello, *arguments, "--json"))
    assert again["digest"] == document["digest"]
    for manifest in (tmp_path / "out" / "manifests").glob("*.yaml"):
        assert "NOT PUBLISHED" not in manifest.read_text()


def test_ship_stops_at_the_first_gate(hello: Path, tmp_path: Path, tamis_cli):
    fixture = hello / "fixtures" / "added.yaml"
    fixture.write_text(fixture.read_text().replace("world", "moon"))
    ended = tamis_cli("ship", hello, "--out", tmp_path / "out", "--host", "wasmtime", "--json")
    document = json.loads(ended.out)
    assert ended.code == 1
    assert [(s["name"], s["ok"]) for s in document["stages"]] == [
        ("build", True), ("check", True), ("test", False),
    ]  # fmt: skip
    assert not (tmp_path / "out" / "oci").exists()
    assert json.loads((tmp_path / "out" / "report.json").read_text())["digest"] is None


def test_ship_leaves_no_stale_manifest(hello: Path, tmp_path: Path, tamis_cli):
    out = tmp_path / "out"
    arguments = ("--out", out, "--host", "wasmtime")
    assert tamis_cli("ship", hello, *arguments, "--target", "istio@1.29").code == 0
    assert tamis_cli("ship", hello, *arguments, "--target", "istio@1.30").code == 0
    assert [path.name for path in (out / "manifests").iterdir()] == [
        "hello-istio-1.30-trafficextension.yaml"
    ]


def test_doctor_and_help_and_version(tamis_cli):
    found = read(tamis_cli("doctor", "--json"))["found"]
    assert {one["name"] for one in found} >= {"python", "native host core", "Envoy"}
    assert "Main verbs" in tamis_cli().out
    assert tamis_cli("--version").out.startswith("tamis ")
    for verb in ("build", "test", "render", "ship"):
        assert f"tamis {verb}" in tamis_cli(verb, "-h").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, tamis_cli):
    assert "_TAMIS_COMPLETE" in tamis_cli("completion", shell).out


def test_quiet_says_nothing_when_all_is_well(hello: Path, tamis_cli):
    for verb in ("build", "inspect", "check", "test"):
        assert tamis_cli(verb, hello, "-q").out == ""
