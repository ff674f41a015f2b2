"""What a build depends on: content and names, not places and times."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tamis.errors import BadInput
from tamis.toolchains import digest, relocated
from tamis.toolchains.inputs import copy, walk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "one"
    for name in ("src/lib.rs", "src/deep/more.rs", "Cargo.toml", ".cargo/config.toml"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(name)
    return place


def names(folder: Path) -> list[str]:
    return [name for name, _ in walk(folder)]


def test_files_in_order_of_names(folder):
    assert names(folder) == [".cargo/config.toml", "Cargo.toml", "src/deep/more.rs", "src/lib.rs"]
    assert names(folder / "Cargo.toml") == ["Cargo.toml"]


@pytest.mark.parametrize(
    "name",
    [
        "build/x.wasm",
        "target/x",
        "node_modules/x",
        ".git/HEAD",
        "fixtures/a.yaml",
        "build.lock.json",
    ],
)
def test_what_no_compiler_reads_does_not_count(folder, name):
    before = digest([folder])
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("x")
    assert digest([folder]) == before


def test_neither_place_nor_time_counts(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "another" / "place")
    os.utime(folder / "Cargo.toml", (1, 1))
    assert digest([folder]) == digest([tmp_path / "another" / "place"])


@pytest.mark.parametrize(
    "change",
    [
        lambda f: (f / "src" / "lib.rs").write_text("changed"),
        lambda f: (f / "src" / "lib.rs").rename(f / "src" / "other.rs"),
        lambda f: (f / "src" / "lib.rs").unlink(),
        lambda f: (f / "new").touch(),
        lambda f: (f / ".cargo" / "config.toml").write_text("changed"),
    ],
)
def test_content_and_names_count(folder, change):
    before = digest([folder])
    change(folder)
    assert digest([folder]) != before


def test_a_linked_folder_is_followed(folder, tmp_path):
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "a.rs").write_text("1")
    (folder / "common").symlink_to(tmp_path / "common")
    before = digest([folder])
    assert "common/a.rs" in names(folder)
    (tmp_path / "common" / "a.rs").write_text("2")
    assert digest([folder]) != before


def test_loops_of_links_end(folder):
    (folder / "src" / "loop").symlink_to(folder)
    (folder / "src" / "self").symlink_to(folder / "src" / "self")
    (folder / "src" / "gone").symlink_to("nowhere")
    assert names(folder)[-3:] == ["src/gone", "src/lib.rs", "src/self"]
    assert digest([folder])


def test_links_that_lead_nowhere_are_copied_as_they_are(folder, tmp_path):
    (folder / ".#lib.rs").symlink_to("somebody@nowhere")  # how an editor marks an open file
    (folder / "loop").symlink_to("loop")
    copied = copy(folder, tmp_path / "copy")
    assert copied[folder / "src" / "lib.rs"].read_text() == "src/lib.rs"
    assert str((tmp_path / "copy" / ".#lib.rs").readlink()) == "somebody@nowhere"
    assert digest([tmp_path / "copy"]) == digest([folder])
    copy(folder, tmp_path / "copy")  # again over itself


def test_a_folder_that_cannot_be_read_is_bad_input(folder):
    with pytest.raises(BadInput, match="cannot read"):
        digest([folder / "nope"])


def test_a_copy_lies_as_the_original_did(make_filter, tmp_path):
    common = tmp_path / "common"
    common.mkdir()
    (common / "x.h").write_text("1")
    filter_ = make_filter(settings={"include": ["../common"]})
    copy = relocated(filter_, (filter_.folder, common), tmp_path / "copy")
    assert copy.folder == tmp_path / "copy" / "hello"
    assert copy.sources == (tmp_path / "copy" / "hello" / "filter.cc",)
    assert (copy.folder / ".." / "common" / "x.h").read_text() == "1"
    alone = relocated(filter_, (filter_.folder,), tmp_path / "alone")
    assert (alone.folder, alone.sources) == (
        tmp_path / "alone",
        (tmp_path / "alone" / "filter.cc",),
    )
    prebuilt = replace(filter_, language="prebuilt")
    moved = relocated(prebuilt, filter_.sources, tmp_path / "pre")
    assert moved.sources[0].read_text() == filter_.sources[0].read_text()
