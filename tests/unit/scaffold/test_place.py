"""Files come into a folder whole or not at all."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tamis.errors import BadInput
from tamis.scaffold import add, put

FILES = {"a.txt": b"a", "deep/er/b.txt": b"b"}


class Interrupted(Mapping[str, bytes]):
    """Ctrl-C while the second file is due."""

    def __getitem__(self, name: str) -> bytes:
        if name != "a.txt":
            raise KeyboardInterrupt
        return b"a"

    def __iter__(self) -> Iterator[str]:
        return iter(FILES)

    def __len__(self) -> int:
        return len(FILES)


def everything(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


MADE = ["a.txt", "deep", "deep/er", "deep/er/b.txt"]


def test_a_folder_and_those_above_it_are_made(tmp_path: Path):
    put(tmp_path / "x" / "y" / "new", FILES)
    assert everything(tmp_path / "x" / "y" / "new") == MADE
    assert everything(tmp_path)[:3] == ["x", "x/y", "x/y/new"]
    assert len(everything(tmp_path)) == 3 + len(MADE)  # no scratch folder stays


@pytest.mark.parametrize("holds", [(), (".git",)])
def test_an_empty_folder_is_filled_and_stays_the_same_folder(tmp_path: Path, holds: tuple[str]):
    folder = tmp_path / "new"
    folder.mkdir()
    for name in holds:
        (folder / name).mkdir()
    before = folder.stat().st_ino
    put(folder, FILES)
    assert everything(folder) == sorted([*MADE, *holds])
    assert folder.stat().st_ino == before


def test_a_link_to_an_empty_folder_is_followed(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    put(tmp_path / "link", FILES)
    assert everything(tmp_path / "real") == MADE


def test_modes_are_the_user_s_own(tmp_path: Path):
    before = os.umask(0o027)
    try:
        put(tmp_path / "new", FILES)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o750
    assert stat.S_IMODE((tmp_path / "new" / "a.txt").stat().st_mode) == 0o640


def test_what_is_there_is_never_touched(tmp_path: Path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "dangling").symlink_to("nowhere")
    before = everything(tmp_path)
    for name, why in (
        ("full", "not empty"),
        ("file", "is there already"),
        ("dangling", "is there already"),
        ("file/x", "cannot write"),
    ):
        with pytest.raises(BadInput, match=why):
            put(tmp_path / name, FILES)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("there", [False, True])
def test_an_interruption_leaves_nothing(tmp_path: Path, there: bool):
    if there:
        (tmp_path / "new").mkdir()
    with pytest.raises(KeyboardInterrupt):
        put(tmp_path / "new" if there else tmp_path / "x" / "new", Interrupted())
    assert everything(tmp_path) == (["new"] if there else [])


def test_adding_to_a_folder(tmp_path: Path):
    (tmp_path / "mine").write_text("mine")
    add(tmp_path, {"a": b"a", "more/b": b"b"})
    assert everything(tmp_path) == ["a", "mine", "more", "more/b"]
    with pytest.raises(BadInput, match="already"):
        add(tmp_path, {"c": b"c", "more/b": b"other"})
    assert (tmp_path / "more" / "b").read_bytes() == b"b"
    assert not (tmp_path / "c").exists()


def test_adding_is_undone_when_it_is_stopped(tmp_path: Path):
    (tmp_path / "blocked").write_text("a file where a folder is due")
    with pytest.raises(BadInput, match="cannot write"):
        add(tmp_path, {"a": b"", "more/b": b"", "blocked/c": b""})
    assert everything(tmp_path) == ["blocked"]
