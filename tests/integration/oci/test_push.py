"""push: what targets would refuse stays here; what leaves is shown before, and told meanwhile."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.registry import LoopbackRegistry

from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Metadata
from tamis.model.choices import LAYOUTS, Layout
from tamis.model.reference import LayoutReference, RegistryReference
from tamis.model.transfer import Progress
from tamis.oci import Index, open_store, parse
from tamis.profiles import Profile
from tamis.verbs.layouts import layout_for
from tamis.verbs.pull import describe, fetch
from tamis.verbs.push import plan, push

MODULE = b"\0asm\1\0\0\0" + bytes(range(256)) * 20
METADATA = Metadata("hello", "1.0.0", targets=("istio@1.30", "envoy@1.40"))


@pytest.fixture
def remote(registry: LoopbackRegistry) -> RegistryReference:
    return RegistryReference(registry.host, "acme/hello", "1.0.0")


@pytest.mark.parametrize(
    ("targets", "layout"),
    [
        ((), "image"),
        (("envoy@1.40",), "image"),
        (("istio@1.30", "envoy@1.40"), "image"),
        (("higress",), "higress"),
        (("istio", "higress", "envoy-gateway"), "image"),
    ],
)
def test_layout_that_all_targets_accept(targets: tuple[str, ...], layout: Layout) -> None:
    assert layout_for(targets) == layout
    assert layout_for(targets, "cncf") == "cncf"


def test_layouts_that_do_not_suit_all(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {
        "one": Profile("one", "one", "One", "1", "1.40", layouts=("a", "cncf"), puller="istio"),
        "two": Profile("two", "two", "Two", "1", "1.40", layouts=("image", "cncf"), puller="istio"),
        "three": Profile(
            "three", "three", "Three", "1", "1.40", layouts=("image",), puller="istio"
        ),
    }
    monkeypatch.setattr("tamis.profiles.resolve", known.__getitem__)
    assert layout_for(("one", "two")) == "cncf"
    assert layout_for(("two", "three")) == "image"
    with pytest.raises(BadInput, match="no layout suits all of one, two, three"):
        layout_for(("one", "two", "three"))


def test_a_target_refuses_in_its_words_before_the_first_byte(
    registry: LoopbackRegistry, remote: RegistryReference
) -> None:
    with pytest.raises(Rejected, match=r"istio@1.30 would refuse it: .* invalid media type appli"):
        push(MODULE, METADATA, remote, layout="cncf")
    with pytest.raises(
        Rejected, match="envoy-gateway would refuse it: could not fetch Wasm binary"
    ):
        push(MODULE, METADATA, remote, layout="cncf", targets=("envoy-gateway",))
    assert registry.requests == []
    assert push(MODULE, METADATA, remote, layout="cncf", targets=()).layout == "cncf"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_docker_and_others_are_described_without_the_module(
    registry: LoopbackRegistry, remote: RegistryReference, layout: Layout
) -> None:
    """Without annotations the labels tell, for one more request: two in all."""
    pushed = push(MODULE, METADATA, remote, layout=layout, targets=())
    assert pushed.layout == layout
    registry.requests.clear()
    assert describe(remote) == pushed
    blobs = [path for _, path in registry.requests if "/blobs/" in path]
    assert len(blobs) == (layout == "docker")
    assert len(registry.requests) <= 3
    registry.requests.clear()
    assert fetch(remote) == (pushed, MODULE)
    blobs = [path for _, path in registry.requests if "/blobs/" in path]
    assert len(blobs) == len(set(blobs)) == 1 + (layout == "docker")


def test_index_leads_each_consumer_to_its_child(
    registry: LoopbackRegistry, remote: RegistryReference
) -> None:
    pushed = push(MODULE, METADATA, remote, index=("cncf", "image"))
    assert pushed.layout == "image"
    with open_store(remote) as store:
        top = store.read_manifest("1.0.0")
        index = parse(top)
    assert isinstance(index, Index)
    assert dict(index.manifests)["linux/amd64"].digest == pushed.digest
    assert pushed.index == top.digest
    assert describe(remote) == pushed
    again = replace(remote, digest=top.digest)
    registry.requests.clear()
    assert push(MODULE, METADATA, again, index=("cncf", "image")) == pushed
    assert not [path for method, path in registry.uploads if method == "POST"]
    with pytest.raises(Rejected, match="no child with platform linux/amd64 in index"):
        push(MODULE, METADATA, remote, index=("cncf",))


def test_a_plan_changes_nothing(registry: LoopbackRegistry, remote: RegistryReference) -> None:
    planned = plan(MODULE, METADATA, remote)
    assert registry.uploads == []
    assert [item.kind for item in planned.items] == ["config", "layer", "manifest"]
    assert not any(item.there for item in planned.items)
    assert planned.size == sum(item.size for item in planned.items)
    assert push(MODULE, METADATA, remote) == planned.artifact
    assert planned.artifact.index == ""
    uploads = list(registry.uploads)
    again = plan(MODULE, METADATA, remote)
    assert all(item.there for item in again.items)
    assert again.size == 0
    several = plan(MODULE, METADATA, remote, index=("image", "cncf"))
    assert several.artifact.index == several.items[-1].digest
    assert [(item.kind, item.there) for item in several.items] == [
        ("config", True),
        ("layer", True),
        ("manifest", True),
        ("config", False),
        ("layer", False),
        ("manifest", False),
        ("index", False),
    ]
    assert registry.uploads == uploads


def test_a_plan_of_a_folder_makes_none(tmp_path: Path) -> None:
    where = LayoutReference(tmp_path / "new", "1")
    assert not any(item.there for item in plan(MODULE, METADATA, where).items)
    assert not where.folder.exists()
    push(MODULE, METADATA, where)
    assert all(item.there for item in plan(MODULE, METADATA, where).items)


def test_progress_is_told_to_its_end(remote: RegistryReference) -> None:
    told: list[Progress] = []
    artifact = push(MODULE, METADATA, remote, layout="istio", told=told.append)
    done = {each.what: each for each in told}
    assert done[artifact.module_digest] == Progress(
        artifact.module_digest, len(MODULE), len(MODULE)
    )
    assert all(0 <= each.done <= each.total for each in told)


def test_a_file_is_pushed_as_its_bytes_are(tmp_path: Path, remote: RegistryReference) -> None:
    file = tmp_path / "x.wasm"
    file.write_bytes(MODULE)
    assert push(file, METADATA, remote) == push(MODULE, METADATA, remote)
    with pytest.raises(BadInput, match=r"cannot read .*none.wasm: No such file"):
        push(tmp_path / "none.wasm", METADATA, remote)


_CHILD = """
import re, sys
from pathlib import Path
from tamis.model.artifact import Metadata
from tamis.model.reference import LayoutReference
from tamis.verbs.push import push
where = LayoutReference(Path(sys.argv[2]), "1")
push(Path(sys.argv[1]), Metadata("x", "1"), where, layout=sys.argv[3])
print(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def _peak(module: Path, folder: Path, layout: Layout) -> int:
    """KiB that a process takes to push it."""
    command = [sys.executable, "-c", _CHILD, str(module), str(folder), layout]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.parametrize("layout", ["image", "istio"])
def test_a_large_file_is_never_all_in_memory(tmp_path: Path, layout: Layout) -> None:
    small, large = tmp_path / "small.wasm", tmp_path / "large.wasm"
    small.write_bytes(MODULE)
    noise = hashlib.shake_128(b"tamis").digest(1 << 20)
    with large.open("wb") as file:
        file.write(MODULE)
        for _ in range(80):
            file.write(noise)
    extra = _peak(large, tmp_path / "a", layout) - _peak(small, tmp_path / "b", layout)
    assert extra < 40 << 10


def _tamis(*arguments: str, cwd: Path) -> tuple[int, dict[str, object]]:
    command = [sys.executable, "-m", "tamis", "push", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--layout", "zip"], "'zip' is no layout"),
        (["--layout", "image", "--layout", "cncf"], "there are 2 layouts and one artifact"),
        (["--index"], "--index without --layout"),
        (["--index", "--layout", "image", "--layout", "docker"], "an index has room for one of"),
    ],
)
def test_options_that_do_not_fit(tmp_path: Path, options: list[str], said: str) -> None:
    (tmp_path / "x.wasm").write_bytes(b"\0asm\1\0\0\0")
    code, told = _tamis("x.wasm", "oci-layout://out:1", *options, cwd=tmp_path)
    assert code == 2
    assert said in str(told["problems"])
    assert not (tmp_path / "out").exists()


def test_the_command_tells_the_index(tmp_path: Path) -> None:
    (tmp_path / "x.wasm").write_bytes(b"\0asm\1\0\0\0")
    where = f"oci-layout://{tmp_path}/out:1"
    layouts = ["--index", "--layout", "image", "--layout", "cncf"]
    code, told = _tamis("x.wasm", where, *layouts, cwd=tmp_path)
    assert code == 0
    listed = json.loads((tmp_path / "out" / "index.json").read_text())["manifests"]
    assert told["index"] in [each["digest"] for each in listed]
    assert told["index"] != told["digest"]
    shown = subprocess.run(
        [sys.executable, "-m", "tamis", "push", "x.wasm", where, *layouts],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"of index    {told['index']}" in shown.stdout


def test_the_command_shows_what_it_would_send(tmp_path: Path) -> None:
    (tmp_path / "x.wasm").write_bytes(b"\0asm\1\0\0\0")
    code, told = _tamis("x.wasm", "oci-layout://out:1", "--dry-run", cwd=tmp_path)
    assert code == 0
    assert told["dry_run"] is True
    assert isinstance(told["items"], list)
    assert [item["there"] for item in told["items"]] == [False, False, False]
    assert not (tmp_path / "out").exists()
    code, pushed = _tamis("x.wasm", "oci-layout://out:1", cwd=tmp_path)
    assert (code, pushed["digest"]) == (0, told["digest"])
    code, told = _tamis(
        "x.wasm", "oci-layout://out:1", "--target", "istio", "--layout", "cncf", cwd=tmp_path
    )
    assert code == 1
    assert "istio would refuse it" in str(told["problems"])
