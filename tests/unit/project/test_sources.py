"""`sources`: what may be named, and what each mistake is told."""

from pathlib import Path

import pytest

from tamis.errors import BadInput
from tamis.project import read

DIGEST = f"sha256:{'ab' * 32}"


@pytest.fixture
def made(tmp_path: Path):
    (tmp_path / "outside.cc").touch()
    folder = tmp_path / "filter"
    (folder / "src").mkdir(parents=True)
    for name in ("a.cc", "src/b.cc", "m.wasm"):
        (folder / name).touch()
    (folder / "link.cc").symlink_to("../outside.cc")
    (folder / "loop.cc").symlink_to("loop.cc")

    def make(language: str, sources: str):
        (folder / "tamis.toml").write_text(
            f'name = "x"\nversion = "1.0.0"\nlanguage = "{language}"\n{sources}'
        )
        return read(folder)

    return make


def test_files_are_absolute_and_each_once(made, tmp_path):
    filter_ = made("cpp", 'sources = ["a.cc", "**/*.cc", "./a.cc"]')
    folder = tmp_path / "filter"
    assert filter_.sources == (folder / "a.cc", folder / "link.cc", folder / "src" / "b.cc")


def test_a_link_in_the_folder_may_lead_out_of_it(made, tmp_path):
    assert made("cpp", 'sources = ["link.cc"]').sources == (tmp_path / "filter" / "link.cc",)


@pytest.mark.parametrize("language", ["rust", "go", "tinygo", "assemblyscript"])
def test_some_languages_have_manifests_of_their_own(made, language):
    assert made(language, "").sources == ()


def test_a_prebuilt_module_may_lie_anywhere(made, tmp_path):
    (tmp_path / "m.wasm").touch()
    assert made("prebuilt", 'sources = ["../m.wasm"]').sources == (tmp_path / "m.wasm",)


@pytest.mark.parametrize(
    "place", ["oci://ghcr.io/a/b:1", "oci-layout://some/folder:1", "oci:dir:1"]
)
def test_a_prebuilt_filter_may_be_an_artifact(made, place):
    text = f"{place}@{DIGEST}"
    filter_ = made("prebuilt", f'sources = ["{text}"]')
    assert (filter_.sources, filter_.reference) == ((), text)


@pytest.mark.parametrize(
    ("language", "sources", "says"),
    [
        ("cpp", "", "tamis.toml:3:1: a filter in cpp needs 'sources'"),
        ("zig", "", "a filter in zig needs 'sources'"),
        ("cpp", 'sources = ["../outside.cc"]', "../outside.cc lies outside the filter's folder"),
        ("cpp", 'sources = ["src/../../outside.cc"]', "lies outside the filter's folder"),
        ("cpp", 'sources = ["/etc/hostname"]', "lies outside the filter's folder"),
        ("cpp", 'sources = ["src"]', "'sources[0]': src is a folder"),
        ("cpp", 'sources = ["a.cc", "loop.cc"]', "'sources[1]': there is no loop.cc"),
        ("cpp", 'sources = ["no/*.cc"]', "there is no no/*.cc"),
        ("cpp", f'sources = ["oci://a.io/b@{DIGEST}"]', "the one source of a prebuilt filter"),
        ("prebuilt", f'sources = ["m.wasm", "oci://a.io/b@{DIGEST}"]', "'sources[1]': an artifact"),
        ("prebuilt", 'sources = ["oci://a.io/b:1"]', "may mean another module tomorrow"),
        ("prebuilt", 'sources = ["oci://"]', "names no registry host"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(made, language, sources, says):
    with pytest.raises(BadInput) as caught:
        made(language, sources)
    assert says in str(caught.value)
    assert caught.value.at.line
