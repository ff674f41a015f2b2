"""An image-layout folder: written whole, read with suspicion."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Descriptor, Metadata
from tamis.oci import pack, save, stored
from tamis.oci.digests import digest_of
from tamis.oci.folder.layout_folder import LayoutFolder

MODULE = b"\0asm\1\0\0\0" + b"m" * 300
ONE = pack(MODULE, Metadata("one", "1.0"))
TWO = pack(MODULE, Metadata("two", "2.0"))


@pytest.fixture
def folder(tmp_path: Path) -> LayoutFolder:
    made = LayoutFolder(tmp_path / "deep" / "layout")
    save(ONE, made, "1.0")
    return made


def entries(folder: LayoutFolder) -> list[tuple[str, str]]:
    index = json.loads((folder.folder / "index.json").read_bytes())
    return [
        (e["annotations"]["org.opencontainers.image.ref.name"], e["digest"])
        for e in index["manifests"]
    ]


def blob_path(folder: LayoutFolder, digest: str) -> Path:
    return folder.folder / "blobs" / "sha256" / digest.removeprefix("sha256:")


def test_it_is_an_image_layout(folder: LayoutFolder) -> None:
    marker = json.loads((folder.folder / "oci-layout").read_bytes())
    assert marker == {"imageLayoutVersion": "1.0.0"}
    assert json.loads((folder.folder / "index.json").read_bytes())["schemaVersion"] == 2
    names = {path.name for path in (folder.folder / "blobs" / "sha256").iterdir()}
    blobs = {blob.descriptor.digest for blob in ONE.blobs}
    assert names == {digest.removeprefix("sha256:") for digest in {ONE.digest, *blobs}}


def test_read_by_tag_digest_and_alone(folder: LayoutFolder) -> None:
    for name in ("1.0", ONE.digest, ""):
        assert folder.read_manifest(name).content == ONE.manifest
    layer = ONE.layers[0]
    assert folder.read_blob(layer.descriptor) == layer.content


def test_second_save_writes_nothing(folder: LayoutFolder) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.folder.rglob("*")}
    assert not save(ONE, folder, "1.0")
    assert {path: path.stat().st_mtime_ns for path in folder.folder.rglob("*")} == before


def test_tag_moves_and_others_stay(folder: LayoutFolder) -> None:
    save(ONE, folder, "stable")
    assert save(TWO, folder, "1.0")
    assert entries(folder) == [("stable", ONE.digest), ("1.0", TWO.digest)]
    assert folder.read_manifest("1.0").digest == TWO.digest


def test_foreign_entries_and_keys_stay(folder: LayoutFolder) -> None:
    path = folder.folder / "index.json"
    index = json.loads(path.read_bytes())
    foreign = {"mediaType": "x/y", "digest": digest_of(b""), "size": 0}
    path.write_text(json.dumps({**index, "annotations": {"a": "b"}, "manifests": [foreign]}))
    save(TWO, folder, "2.0")
    after = json.loads(path.read_bytes())
    assert after["annotations"] == {"a": "b"}
    assert after["manifests"][0] == foreign
    assert len(after["manifests"]) == 2


def test_manifest_without_tag_gets_no_entry(folder: LayoutFolder) -> None:
    folder.write_manifest(stored(TWO.manifest), None)
    assert entries(folder) == [("1.0", ONE.digest)]
    assert folder.read_manifest(TWO.digest).content == TWO.manifest


def test_no_temporary_files_are_left(folder: LayoutFolder) -> None:
    assert list(folder.folder.rglob(".*")) == []


def test_writers_do_not_lose_each_others_tags(folder: LayoutFolder) -> None:
    tags = [f"t{n}" for n in range(16)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda tag: save(TWO, folder, tag), tags))
    assert {tag for tag, _ in entries(folder)} == {"1.0", *tags}


def test_writers_may_start_together(tmp_path: Path) -> None:
    made = LayoutFolder(tmp_path / "new")
    tags = [f"t{n}" for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda tag: save(TWO, made, tag), tags))
    assert {tag for tag, _ in entries(made)} == set(tags)


def test_damaged_blob_is_refused_and_then_replaced(folder: LayoutFolder) -> None:
    layer = ONE.layers[0]
    path = blob_path(folder, layer.descriptor.digest)
    path.write_bytes(b"!" + layer.content[1:])
    with pytest.raises(Rejected, match="the content has digest"):
        folder.read_blob(layer.descriptor)
    assert not folder.has_blob(layer.descriptor)
    assert folder.write_blob(layer.descriptor, layer.source)
    assert folder.read_blob(layer.descriptor) == layer.content


def test_blob_of_another_size_is_refused(folder: LayoutFolder) -> None:
    layer = ONE.layers[0]
    blob_path(folder, layer.descriptor.digest).write_bytes(layer.content + b"!")
    with pytest.raises(Rejected, match="is larger than"):
        folder.read_blob(layer.descriptor)
    lying = Descriptor("a/b", ONE.digest, len(ONE.manifest) + 1)
    with pytest.raises(BadInput, match="its descriptor says"):
        folder.read_blob(lying)


def test_missing_things_are_named(folder: LayoutFolder) -> None:
    with pytest.raises(BadInput, match=r"has no tag 9; it has 1.0"):
        folder.read_manifest("9")
    save(TWO, folder, "2.0")
    with pytest.raises(BadInput, match=r"holds 2 artifacts: 1.0, 2.0"):
        folder.read_manifest("")
    with pytest.raises(BadInput, match=f"has no manifest {digest_of(b'x')}"):
        folder.read_manifest(digest_of(b"x"))
    with pytest.raises(BadInput, match=f"has no blob {digest_of(b'x')}"):
        folder.read_blob(Descriptor("a/b", digest_of(b"x"), 1))


def _index(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "index.json").write_text(text)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda f: (f / "oci-layout").unlink(), "it has no file oci-layout"),
        (lambda f: (f / "oci-layout").write_text("x"), "does not name an imageLayoutVersion"),
        (lambda f: (f / "oci-layout").write_text("[]"), "does not name an imageLayoutVersion"),
        (
            lambda f: (f / "oci-layout").write_text('{"imageLayoutVersion":"2.0.0"}'),
            "version '2.0.0'; tamis reads 1.0.0",
        ),
        (lambda f: (f / "index.json").unlink(), "has no tag 1.0; it has nothing"),
        (_index("{"), "index.json is not JSON"),
        (_index("[]"), "has no list 'manifests'"),
        (_index('{"manifests":[1]}'), "an entry that is no object"),
        (
            _index('{"manifests":[{"annotations":{"org.opencontainers.image.ref.name":"1.0"}}]}'),
            "an entry without digest",
        ),
        (
            _index(
                '{"manifests":[{"digest":"sha256:../../../etc/passwd","annotations":'
                '{"org.opencontainers.image.ref.name":"1.0"}}]}'
            ),
            "names a digest that is none",
        ),
    ],
)
def test_damaged_folder(folder: LayoutFolder, harm: Callable[[Path], object], said: str) -> None:
    harm(folder.folder)
    with pytest.raises(BadInput, match=said):
        folder.read_manifest("1.0")


def test_other_folders_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("text")
    with pytest.raises(BadInput, match="is not an OCI image layout"):
        save(ONE, LayoutFolder(tmp_path), "1.0")
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_absent_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no folder"):
        LayoutFolder(tmp_path / "none").read_manifest("1.0")
    assert not (tmp_path / "none").exists()


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    with pytest.raises(BadInput, match=r"(?i)cannot write .*: (file exists|not a directory)"):
        save(ONE, LayoutFolder(tmp_path / "file"), "1.0")


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ({"mediaType": 5}, ""),
        ({"annotations": {"org.opencontainers.image.ref.name": ["a"]}}, "no tag"),
        ({"digest": "sha256:" + "\U00010400" * 64}, "digest that is none"),
    ],
)
def test_entries_of_wrong_types(tmp_path: Path, entry: dict[str, object], what: str) -> None:
    """They are as if absent, or refused; never a TypeError."""
    folder = LayoutFolder(tmp_path / "l")
    packed = pack(b"\0asm\1\0\0\0", Metadata(name="a", version="1.0.0"))
    save(packed, folder, "1.0.0")
    index = folder.folder / "index.json"
    document = json.loads(index.read_text())
    document["manifests"][0].update(entry)
    index.write_text(json.dumps(document))
    if not what:
        assert folder.read_manifest("1.0.0").digest == packed.digest
        return
    with pytest.raises(BadInput, match=what):
        folder.read_manifest("1.0.0")


def test_texts_and_depths_that_cannot_be_written_again(tmp_path: Path) -> None:
    folder = LayoutFolder(tmp_path / "l")
    packed = pack(b"\0asm\1\0\0\0", Metadata(name="a", version="1.0.0"))
    save(packed, folder, "1.0.0")
    (folder.folder / "index.json").write_text('{"a": "\\ud800", "manifests": []}')
    with pytest.raises(BadInput, match="half a character"):
        save(packed, folder, "1.0.0")
    (folder.folder / "oci-layout").write_text("[" * 4096)
    with pytest.raises(BadInput, match="imageLayoutVersion"):
        folder.read_manifest("")


def test_a_size_of_exabytes_takes_no_memory(tmp_path: Path) -> None:
    folder = LayoutFolder(tmp_path / "l")
    packed = pack(b"\0asm\1\0\0\0", Metadata(name="a", version="1.0.0"))
    save(packed, folder, "1.0.0")
    known = packed.config.descriptor
    for size in (1 << 60, 1 << 90):
        with pytest.raises(BadInput, match="its descriptor says"):
            folder.read_blob(Descriptor(known.media_type, known.digest, size))
