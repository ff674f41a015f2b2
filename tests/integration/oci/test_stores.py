"""tag, list, tree, save, load: registries, layout folders, files; what belongs to artifacts."""

import io
import json
import tarfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import Ended
from tests.registry import LoopbackRegistry

from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Descriptor, Metadata
from tamis.model.reference import LayoutReference, Reference, RegistryReference
from tamis.oci import digest_of, open_store, referrers, stored
from tamis.verbs.copy import copy
from tamis.verbs.list import list as list_tags
from tamis.verbs.load import load
from tamis.verbs.pull import fetch, pull
from tamis.verbs.push import push
from tamis.verbs.save import save
from tamis.verbs.tag import tag
from tamis.verbs.tree import tree

MODULE = b"\0asm\1\0\0\0" + bytes(range(256)) * 20
SCHEMA = '{"type": "object"}'
METADATA = Metadata("hello", "1.0.0", config='{"a": 1}', config_schema=SCHEMA)
NOTE, SECOND = b"what is to be said", b"and of that"


@pytest.fixture(params=["registry", "folder"])
def place(request: pytest.FixtureRequest, registry: LoopbackRegistry, tmp_path: Path) -> Reference:
    """Where an artifact is: both kinds of store keep every promise."""
    if request.param == "registry":
        return RegistryReference(registry.host, "acme/hello", "1.0.0")
    return LayoutReference(tmp_path / "layout", "1.0.0")


@pytest.fixture
def away(tmp_path: Path) -> LayoutReference:
    return LayoutReference(tmp_path / "away", "1.0.0")


def attach(place: Reference, digest: str, content: bytes, kind: str = "application/x.note") -> str:
    """A note about the manifest `digest`, by way of the store that `place` is in."""
    with open_store(place) as store:
        size = len(store.read_manifest(digest).content)
        subject = Descriptor("application/vnd.oci.image.manifest.v1+json", digest, size)
        return referrers.put(store, subject, kind, content, notes={"by": "us"}).digest


def belonging(place: Reference, digest: str) -> set[str]:
    with open_store(place) as store:
        return {each.descriptor.digest for each in referrers.belongings(store, digest)}


def test_tags(place: Reference) -> None:
    pushed = push(MODULE, METADATA, place)
    assert tag(place, ["1.10.0", "1.9.0", "latest", "latest"]) == pushed.digest
    assert list_tags(place) == ("1.0.0", "1.9.0", "1.10.0", "latest")
    for each in ("latest", "1.10.0"):
        assert fetch(replace(place, tag=each)) == (pushed, MODULE)


def test_a_bad_tag_sets_none(place: Reference) -> None:
    push(MODULE, METADATA, place)
    with pytest.raises(BadInput, match="'-x' is not a tag"):
        tag(place, ["good", "-x"])
    assert list_tags(place) == ("1.0.0",)
    with pytest.raises(BadInput, match=r"is not there|has no tag 9"):
        tag(replace(place, tag="9"), ["good"])


def test_tags_of_digests_are_shown_when_asked_for(place: Reference) -> None:
    digest = push(MODULE, METADATA, place).digest
    signed = f"{digest.replace(':', '-')}.sig"
    tag(place, [signed])
    assert list_tags(place) == ("1.0.0",)
    assert list_tags(place, every=True) == ("1.0.0", signed)


def test_nothing_to_list(registry: LoopbackRegistry, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="NAME_UNKNOWN"):
        list_tags(RegistryReference(registry.host, "no/such"))
    with pytest.raises(BadInput, match="there is no folder"):
        list_tags(LayoutReference(tmp_path / "none"))


def test_copy_takes_along_what_belongs_to_it(place: Reference, away: LayoutReference) -> None:
    digest = push(MODULE, METADATA, place).digest
    first = attach(place, digest, NOTE)
    about = attach(place, first, SECOND)
    classic = f"{digest.replace(':', '-')}.sig"
    with open_store(place) as store:
        signature = store.read_manifest(about)
        store.write_manifest(signature, classic)
    assert copy(place, away) == digest
    assert belonging(away, digest) == {first, about}
    assert list_tags(away, every=True) == ("1.0.0", classic)
    *_, referrer, tagged = tree(away).children
    assert referrer.children[-1].digest == about
    assert (tagged.what, tagged.digest) == (f"tag {classic}", about)
    alone = LayoutReference(away.folder.with_name("alone"), "1.0.0")
    copy(place, alone, referrers=False)
    assert belonging(alone, digest) == set()
    assert list_tags(alone, every=True) == ("1.0.0",)


def test_copy_back_into_a_registry(registry: LoopbackRegistry, away: LayoutReference) -> None:
    digest = push(MODULE, METADATA, away).digest
    first = attach(away, digest, NOTE)
    there = RegistryReference(registry.host, "mirror/hello", "1.0.0")
    copy(away, there)
    assert belonging(there, digest) == {first}
    registry.requests.clear()
    copy(away, there)
    assert registry.uploads == [], "what is there is not sent again"


def test_tree(place: Reference) -> None:
    digest = push(MODULE, METADATA, place, layout="istio").digest
    note = attach(place, digest, NOTE)
    found = tree(place)
    assert (found.kind, found.digest) == ("artifact", digest)
    kinds = [(child.kind, child.what) for child in found.children]
    titles = [("config", ""), ("layer", "config.json"), ("layer", "plugin.wasm")]
    assert kinds == [*titles, ("referrer", "")]
    assert found.children[2].size == len(MODULE)
    assert found.children[3].digest == note
    assert found.children[3].media_type == "application/x.note"


def test_tree_of_an_index(away: LayoutReference, tamis_cli: Callable[..., Ended]) -> None:
    digest = push(MODULE, METADATA, away).digest
    size = (away.folder / "blobs" / "sha256" / digest[7:]).stat().st_size
    manifest = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest,
                "size": size, "platform": {"os": "linux", "architecture": "amd64"}}  # fmt: skip
    index = {"schemaVersion": 2, "manifests": [manifest]}
    content = json.dumps(index).encode()
    with open_store(away) as store:
        store.write_manifest(stored(content), "index")
    shown = tamis_cli("tree", f"oci-layout://{away.folder}:index")
    assert shown.code == 0
    first, second, *_ = shown.out.splitlines()
    assert first.startswith(f"oci-layout://{away.folder}:index  application/vnd.oci.image.index")
    assert second.startswith("└── artifact  linux/amd64  application/vnd.oci.image.manifest")
    assert digest in second


def test_tree_without_end(away: LayoutReference) -> None:
    """Notes about notes about notes: shown to a depth, then refused, never followed for ever."""
    digest = push(MODULE, METADATA, away).digest
    for number in range(10):
        digest = attach(away, digest, b"%d" % number)
    with pytest.raises(BadInput, match="nested more than 8 deep"):
        tree(away)


def test_save_and_load(place: Reference, away: LayoutReference, tmp_path: Path) -> None:
    digest = push(MODULE, METADATA, place).digest
    note = attach(place, digest, NOTE)
    file = tmp_path / "air.tar"
    assert save([place], file) == {"1.0.0": digest}
    again = tmp_path / "again.tar"
    save([place], again)
    assert file.read_bytes() == again.read_bytes(), "the same artifact gives the same bytes"
    assert load(file, away) == {str(away): digest}
    assert fetch(away)[1] == MODULE
    assert belonging(away, digest) == {note}
    other = LayoutReference(tmp_path / "other", "2")
    assert load(file, other, referrers=False) == {str(other): digest}
    assert belonging(other, digest) == set()


def test_load_into_a_registry(registry: LoopbackRegistry, tmp_path: Path) -> None:
    one = RegistryReference(registry.host, "acme/one", "1.0")
    two = RegistryReference(registry.host, "acme/two", "2.0")
    digests = [
        push(MODULE + b"\0\1\0" * n, METADATA, each).digest for n, each in enumerate((one, two))
    ]
    file = tmp_path / "air.tar"
    assert save([one, two], file) == {"1.0": digests[0], "2.0": digests[1]}
    below = RegistryReference(registry.host, "mirror")
    assert load(file, below) == {
        f"oci://{registry.host}/mirror/one:1.0": digests[0],
        f"oci://{registry.host}/mirror/two:2.0": digests[1],
    }
    with pytest.raises(BadInput, match=r"holds 2 artifacts, 1.0, 2.0, and .* names one"):
        load(file, RegistryReference(registry.host, "mirror", "3"))


def test_two_of_one_name(place: Reference, tmp_path: Path) -> None:
    push(MODULE, METADATA, place)
    with pytest.raises(BadInput, match=r"would both be 1\.0\.0 in"):
        save([place, place], tmp_path / "air.tar")
    assert not (tmp_path / "air.tar").exists()


def test_what_docker_load_reads(away: LayoutReference, tmp_path: Path) -> None:
    push(MODULE, METADATA, away)
    push(MODULE, METADATA, LayoutReference(away.folder, "raw"), layout="istio")
    raw = LayoutReference(away.folder, "raw")
    save([away, raw], tmp_path / "air.tar")
    with tarfile.open(tmp_path / "air.tar") as tar:
        names = tar.getnames()
        listed = json.loads(tar.extractfile("manifest.json").read())  # type: ignore[union-attr]
    assert names[:3] == ["oci-layout", "index.json", "manifest.json"]
    (image,) = listed  # Docker unpacks every layer: the raw module is not for it
    assert image["RepoTags"] == ["away:1.0.0"]
    assert {image["Config"], *image["Layers"]} <= set(names)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({}, "holds no OCI image layout"),
        ({"manifest.json": b"[]"}, "holds no OCI image layout"),
        ({"oci-layout": b"{}"}, "does not name an imageLayoutVersion|names no artifact"),
        ({"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}, "names no artifact"),
        ({"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": b"{"}, "is not JSON"),
        ({"oci-layout": None}, "its oci-layout is no plain file"),
        ({"blobs/sha256/" + "a" * 64: None}, "is no plain file"),
    ],
)
def test_archives_that_are_none(
    tmp_path: Path, away: LayoutReference, entries: dict[str, bytes | None], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        load(_archive(tmp_path / "bad.tar", entries), away)
    assert not away.folder.exists()


def _archive(path: Path, entries: dict[str, bytes | None]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            if content is None:
                entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
            entry.size = len(content or b"")
            tar.addfile(entry, io.BytesIO(content or b""))
    return path


def test_an_archive_does_not_write_elsewhere(tmp_path: Path, away: LayoutReference) -> None:
    push(MODULE, METADATA, away)
    save([away], tmp_path / "good.tar")
    with tarfile.open(tmp_path / "good.tar", "a") as tar:
        for name in ("../escaped", "/tmp/escaped-abs", "blobs/sha256/../../escaped"):
            entry = tarfile.TarInfo(name)
            entry.size = 1
            tar.addfile(entry, io.BytesIO(b"x"))
    with suppress(BadInput):
        load(tmp_path / "good.tar", LayoutReference(tmp_path / "out", "1"))
    assert not list(tmp_path.rglob("escaped*"))
    assert not Path("/tmp/escaped-abs").exists()


def test_an_archive_with_a_changed_blob(tmp_path: Path, away: LayoutReference) -> None:
    push(MODULE, METADATA, away, layout="istio")
    save([away], tmp_path / "good.tar")
    damaged = (tmp_path / "good.tar").read_bytes().replace(MODULE, MODULE[:-1] + b"!")
    (tmp_path / "bad.tar").write_bytes(damaged)
    with pytest.raises(Rejected, match=f"not {digest_of(MODULE)}"):
        load(tmp_path / "bad.tar", LayoutReference(tmp_path / "out", "1"))
    assert list_tags(LayoutReference(tmp_path / "out")) == ()


def test_extract(place: Reference, tmp_path: Path) -> None:
    push(MODULE, METADATA, place, layout="istio")
    folder = tmp_path / "new" / "folder"
    pulled = pull(place, folder, extract=True)
    assert pulled.path == folder / "hello.wasm"
    found = {file.name: file.read_bytes() for file in pulled.files}
    assert found == {"hello.wasm": MODULE, "config.json": b'{"a": 1}',
                     "config.schema.json": SCHEMA.encode()}  # fmt: skip
    assert {file.name for file in folder.iterdir()} == set(found)


def test_a_title_that_leads_elsewhere(away: LayoutReference, tmp_path: Path) -> None:
    """Layers of others are called as they like; nothing is written outside of the folder."""
    push(MODULE, Metadata("hello", "1"), away, layout="istio")
    with open_store(away) as store:
        manifest = store.read_manifest("1.0.0")
        changed = manifest.content.replace(b"config.json", b"../../x.json")
        store.write_manifest(stored(changed), "evil")
    pulled = pull(LayoutReference(away.folder, "evil"), tmp_path / "out", extract=True)
    assert all(file.parent == tmp_path / "out" for file in pulled.files)
    assert not list(tmp_path.rglob("x.json"))


def test_by_command_line(
    tamis_cli: Callable[..., Ended], away: LayoutReference, tmp_path: Path
) -> None:
    digest = push(MODULE, METADATA, away).digest
    where = f"oci-layout://{away.folder}:1.0.0"
    assert (
        tamis_cli("tag", where, "latest").out
        == f"tagged oci-layout://{away.folder}:latest@{digest}\n"
    )
    assert tamis_cli("list", f"oci-layout://{away.folder}").out == "1.0.0\nlatest\n"
    assert json.loads(tamis_cli("list", f"oci-layout://{away.folder}", "--json").out)["tags"] == [
        "1.0.0", "latest",
    ]  # fmt: skip
    file = tmp_path / "air.tar"
    assert tamis_cli("save", where, "-o", file).code == 0
    loaded = json.loads(tamis_cli("load", file, f"oci-layout://{tmp_path}/in:9", "--json").out)
    assert loaded["digests"] == {f"oci-layout://{tmp_path}/in:9": digest}
    missing = tamis_cli("load", tmp_path / "none.tar", where)
    assert missing.code == 2
    assert "cannot read" in missing.err
    nowhere = tamis_cli("save", where, "-o", tmp_path / "no" / "such" / "f.tar")
    assert nowhere.code == 2
    assert "cannot write" in nowhere.err
