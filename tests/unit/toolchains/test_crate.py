"""What Cargo's files say, without asking cargo."""

from pathlib import Path

import pytest

from tamis.errors import BadInput
from tamis.model.filter import Filter
from tamis.toolchains import Rust, crate

LOCK = """\
version = 4
[[package]]
name = "x"
version = "0.1.0"
[[package]]
name = "proxy-wasm"
version = "0.2.5"
source = "registry+https://github.com/rust-lang/crates.io-index"
"""


@pytest.fixture
def member(tmp_path: Path) -> Filter:
    folder = tmp_path / "workspace" / "filters" / "x"
    folder.mkdir(parents=True)
    (folder / "Cargo.toml").write_text('[package]\nname = "x"\n')
    (tmp_path / "workspace" / "Cargo.lock").write_text(LOCK)
    return Filter(folder, "x", "1.0.0", "rust", ())


def in_workspace(member: Filter, text: str = '[workspace]\nmembers = ["filters/*"]\n') -> Path:
    root = member.folder.parents[1]
    (root / "Cargo.toml").write_text(text)
    return root


def test_a_package_alone_is_its_own_workspace(member):
    assert crate.package(member) == member.folder / "Cargo.toml"
    assert crate.workspace(member) == member.folder
    assert crate.sdk(member) == ""
    assert Rust().inputs(member) == (member.folder,)


def test_a_workspace_above_is_found(member):
    root = in_workspace(member)
    assert crate.workspace(member) == root
    assert crate.sdk(member) == "proxy-wasm 0.2.5"
    assert Rust().inputs(member) == (member.folder, root)


def test_a_workspace_that_the_package_names_wins(member, tmp_path):
    in_workspace(member)
    (member.folder / "Cargo.toml").write_text('[package]\nname = "x"\nworkspace = "../.."\n')
    assert crate.workspace(member) == tmp_path / "workspace"


def test_projects_share_a_place_unless_they_have_crates_of_this_machine(member):
    root = in_workspace(member)
    assert crate.own_place(member) == "shared"
    (root / "Cargo.lock").write_text(LOCK + '[[package]]\nname = "common"\nversion = "0.1.0"\n')
    assert len(crate.own_place(member)) == 16


def test_no_cargo_toml_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match=r"there is no Cargo\.toml") as caught:
        crate.package(Filter(tmp_path, "x", "1.0.0", "rust", ()))
    assert "tamis new" in caught.value.advice()


def test_a_broken_cargo_toml_is_bad_input(member):
    (member.folder / "Cargo.toml").write_text("[package\n")
    with pytest.raises(BadInput, match=r"cannot read Cargo\.toml") as caught:
        crate.workspace(member)
    assert caught.value.at.file == member.folder / "Cargo.toml"
