"""What go.mod and go.work say, without asking go."""

import re
from pathlib import Path

import pytest

from tamis.errors import BadInput
from tamis.model.filter import Filter
from tamis.toolchains import gomod

MOD = """\
module x
go 1.24
require (
\tgithub.com/proxy-wasm/proxy-wasm-go-sdk v0.0.0-20260105142703-44c7d5847745
)
"""


@pytest.fixture
def filter_(tmp_path: Path) -> Filter:
    folder = tmp_path / "repo" / "filters" / "x"
    folder.mkdir(parents=True)
    (tmp_path / "repo" / "go.mod").write_text(MOD)
    return Filter(folder, "x", "1.0.0", "go", ())


def test_the_module_above_and_its_sdk_are_found(filter_, tmp_path):
    assert gomod.root(filter_) == tmp_path / "repo"
    assert gomod.inputs(filter_) == (filter_.folder, tmp_path / "repo")
    assert gomod.sdk(filter_) == "proxy-wasm-go-sdk v0.0.0-20260105142703-44c7d5847745"


def test_local_replacements_and_workspaces_count(filter_, tmp_path):
    for name in ("common", "more", "repo/tools"):
        (tmp_path / name).mkdir()
    mod = tmp_path / "repo" / "go.mod"
    mod.write_text(
        MOD
        + "replace example.com/a => ../common // ours\nreplace (\n\texample.com/b v1 => ./tools\n)"
        "\nreplace example.com/c => example.com/d v1.0.0\n"
    )
    assert gomod.inputs(filter_)[2:] == (tmp_path / "common", tmp_path / "repo" / "tools")
    (tmp_path / "go.work").write_text("go 1.24\nuse (\n\t./repo\n\t./more\n)\n")
    assert gomod.inputs(filter_)[-2:] == (tmp_path / "more", tmp_path / "go.work")


def test_an_sdk_that_nobody_knows_is_none(filter_):
    (gomod.root(filter_) / "go.mod").write_text("module x\n")
    assert gomod.sdk(filter_) == ""


def test_no_go_mod_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match=r"there is no go\.mod") as caught:
        gomod.root(Filter(tmp_path, "x", "1.0.0", "go", ()))
    assert "go mod init" in caught.value.advice()


def test_places_of_errors_are_found():
    text = "# x\n./main.go:12:3: undefined: y\nmain.go:13:1: more\n"
    first = gomod.ERROR.search(text)
    assert isinstance(first, re.Match)
    assert first.group("file", "line", "column") == ("./main.go", "12", "3")
