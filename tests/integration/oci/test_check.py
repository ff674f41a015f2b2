"""check of artifacts where they lie: in a registry, in a layout folder, or still to be pushed."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import wasmtime
from tests.images import file, to_folder
from tests.judges.cases.parts import image, tarball
from tests.judges.images import CASES
from tests.judges.verdicts import recorded
from tests.registry import LoopbackRegistry

from tamis.checks import packaging
from tamis.errors import BadInput
from tamis.model.artifact import Metadata
from tamis.model.finding import Finding
from tamis.model.reference import RegistryReference, parse
from tamis.profiles import resolve
from tamis.verbs.check import check_argument
from tamis.verbs.packages import found
from tamis.verbs.push import push

MODULE = bytes(wasmtime.wat2wasm('(module (func (export "proxy_abi_version_0_2_1")))'))
METADATA = Metadata("hello", "1.0.0", abi="0.2.1")
#: Read more strictly by us than by Istio's agent.
STRICTER = {"more than one JSON", "layer's size below 0"}
#: Told by us, not by a puller: it is no manifest at all, or no registry would serve it.
OURS = {"not JSON", "empty manifest", "a list", "sent as docker schema1", "sent as JSON"}


def errors(findings: tuple[Finding, ...]) -> list[str]:
    return [each.message for each in findings if each.severity == "error"]


def test_istios_verdicts_over_the_wire(registry: LoopbackRegistry) -> None:
    verdicts, judged = recorded(), 0
    for number, (name, case) in enumerate(CASES.items()):
        if case.checksum or name in STRICTER | OURS or name.startswith("by "):
            continue
        case.image.serve(registry, f"f/c{number}:1")
        where = f"{registry.host}/f/c{number}"
        words = verdicts[name].error.replace("{url}", f"oci://{where}{case.reference}")
        words = words.replace("{registry}/{repository}", where)
        words = words.replace("{registry}", registry.host).replace("{repository}", f"f/c{number}")
        wanted = [" ".join(words.split())] if words else []
        told = errors(packaging(found(parse(f"oci://{where}{case.reference}")), resolve("istio")))
        if "Content-Length" in words:  # a store has no blob of that size
            assert len(told) == 1, name
        else:
            assert told == wanted, name
        judged += 1
    assert judged > 180


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_is_no_manifest_is_one_clear_error(registry: LoopbackRegistry, name: str) -> None:
    CASES[name].image.serve(registry, "a/b:1")
    with pytest.raises(BadInput, match=r"manifest|is not there"):
        check_argument(f"oci://{registry.host}/a/b:1")


def test_an_artifact_is_judged_with_its_module(registry: LoopbackRegistry) -> None:
    where = RegistryReference(registry.host, "acme/hello", "1")
    push(MODULE, METADATA, where, targets=())
    (checked,) = check_argument(str(where), targets=("istio@1.30", "higress", "envoy-gateway"))
    assert checked.digest
    assert {each.id.partition("/")[0] for each in checked.findings} >= {"packaging", "load"}
    packaging_ = {(each.id, each.target) for each in checked.findings if "packaging" in each.id}
    assert packaging_ == {("packaging/console", "higress"), ("packaging/registry", None)}


def test_each_puller_has_its_own_words(registry: LoopbackRegistry) -> None:
    where = RegistryReference(registry.host, "acme/hello", "1")
    push(MODULE, METADATA, where, layout="cncf", targets=())
    (checked,) = check_argument(str(where), targets=("istio", "envoy-gateway", "envoy"))
    told = {each.target: each.message for each in checked.findings if "packaging" in each.id}
    both = "compat variant: invalid media type application/wasm (expect"
    assert told["istio"].startswith("could not fetch Wasm binary: the given image is in invalid")
    assert "2 errors occurred: * could not parse as" in told["istio"]
    assert "as an OCI image: could not parse as" in told["envoy-gateway"]
    assert both in told["istio"]
    assert both in told["envoy-gateway"]
    assert set(told) == {"istio", "envoy-gateway"}


def test_a_pinned_index_never_matches(registry: LoopbackRegistry) -> None:
    where = RegistryReference(registry.host, "acme/hello", "1")
    push(MODULE, METADATA, where, index=("image", "cncf"), targets=())
    index = registry.tags["acme/hello"]["1"]
    (checked,) = check_argument(str(replace(where, digest=index)), targets=("istio",))
    (told,) = [each for each in checked.findings if each.id == "packaging/checksum"]
    assert told.message.endswith(f"which does not match: {index.removeprefix('sha256:')}")
    (checked,) = check_argument(str(where), targets=("istio",))
    assert not [each for each in checked.findings if each.id == "packaging/checksum"]


@pytest.mark.parametrize("place", ["registry", "folder"])
def test_what_cannot_be_unpacked_is_judged_by_its_packaging(
    registry: LoopbackRegistry, tmp_path: Path, place: str
) -> None:
    bad = image(tarball(file("filter.wasm", MODULE)))
    argument = f"oci-layout://{tmp_path / 'layout'}:1"
    if place == "registry":
        argument = f"oci://{registry.host}/a/b:1"
        bad.serve(registry, "a/b:1")
    else:
        to_folder(bad, tmp_path / "layout", "1")
    (checked,) = check_argument(argument)
    assert not checked.ok
    assert checked.targets == ("envoy-gateway", "higress", "istio")
    assert {each.id.partition("/")[0] for each in checked.findings} == {"packaging"}
    assert "plugin.wasm not found in the archive" in errors(checked.findings)[0]


def test_what_only_tamis_refuses_is_told_too(registry: LoopbackRegistry) -> None:
    image(tarball(file("../plugin.wasm", MODULE))).serve(registry, "a/b:1")
    (checked,) = check_argument(f"oci://{registry.host}/a/b:1", targets=("istio",))
    assert [each.id for each in checked.findings if each.severity == "error"] == [
        "packaging/unread"
    ]
    assert errors(checked.findings) == ["the layer's ../plugin.wasm leads out of the archive"]


def test_a_damaged_layer_is_told_as_that(registry: LoopbackRegistry) -> None:
    where = RegistryReference(registry.host, "acme/hello", "1")
    push(MODULE, METADATA, where, layout="istio", targets=())
    blobs = registry.blobs["acme/hello"]
    for digest in blobs:
        blobs[digest] = blobs[digest][:-1] + b"?"
    (checked,) = check_argument(str(where), targets=("istio",))
    assert not checked.ok


_LOADS = """(module (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_context_create") (param i32 i32)))"""


def _tamis(*arguments: str, cwd: Path) -> tuple[int, dict[str, object]]:
    command = [sys.executable, "-m", "tamis", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)
    return done.returncode, json.loads(done.stdout)


def test_a_folder_is_judged_by_what_push_would_make_of_it(tmp_path: Path) -> None:
    (tmp_path / "x.wasm").write_bytes(bytes(wasmtime.wat2wasm(_LOADS)))
    (tmp_path / "tamis.toml").write_text(
        'name = "x"\nversion = "1.0.0"\nlanguage = "prebuilt"\nsources = ["x.wasm"]\n'
        'targets = ["istio@1.30"]\n[publish]\nlayout = "cncf"\nrepository = "ghcr.io/acme/x"\n'
    )
    code, told = _tamis("check", cwd=tmp_path)
    assert code == 1
    assert "packaging/layout: could not fetch Wasm binary" in str(told["problems"])
    code, told = _tamis("push", "oci-layout://out:1", cwd=tmp_path)
    assert code == 1
    assert "istio@1.30 would refuse it" in str(told["problems"])
    code, told = _tamis("check", "x.wasm", "--target", "istio@1.30", cwd=tmp_path)
    assert "packaging" not in str(told)
