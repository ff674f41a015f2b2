"""build.lock.json: written where it changes, held to when asked."""

from dataclasses import replace

import pytest

from tamis.errors import BadInput, Missing, Rejected
from tamis.model.build import Lock
from tamis.model.filter import Filter
from tamis.project import hold, write_lock
from tamis.project.lock import read

LOCK = Lock("zig 0.17.1", "tamis-cpp 0.1.0", "none", f"sha256:{'0' * 64}", 123)


@pytest.fixture
def filter_(tmp_path) -> Filter:
    return Filter(tmp_path, "x", "1.0.0", "cpp", ())


def changed(**values) -> Lock:
    return replace(LOCK, **values)


def test_what_is_written_is_read(filter_):
    assert read(filter_) is None
    write_lock(filter_, LOCK)
    assert read(filter_) == LOCK
    hold(filter_, LOCK)


def test_nothing_is_written_where_nothing_changes(filter_):
    write_lock(filter_, LOCK)
    before = filter_.lock.stat().st_mtime_ns
    write_lock(filter_, LOCK)
    assert filter_.lock.stat().st_mtime_ns == before
    write_lock(filter_, changed(size=124))
    assert read(filter_).size == 124


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        (
            {"toolchain": "zig 0.18.0"},
            Missing,
            "locked to toolchain zig 0.17.1, this is zig 0.18.0",
        ),
        ({"sdk": ""}, Missing, "locked to sdk tamis-cpp 0.1.0, this is none"),
        ({"optimize": "wasm-opt@108"}, Missing, "locked to optimize none"),
        ({"digest": f"sha256:{'1' * 64}", "size": 5}, Rejected, "(123 bytes), this build made"),
    ],
)
def test_another_build_is_refused(filter_, values, error, says):
    write_lock(filter_, LOCK)
    with pytest.raises(error) as caught:
        hold(filter_, changed(**values))
    assert says in str(caught.value)
    assert caught.value.at.file == filter_.lock


def test_without_a_lock_file_there_is_nothing_to_hold_to(filter_):
    with pytest.raises(BadInput, match=r"x has no build\.lock\.json"):
        hold(filter_, LOCK)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"toolchain": 1}', "\xff"])
def test_a_damaged_lock_file_is_bad_input(filter_, text):
    filter_.lock.write_text(text, encoding="latin-1")
    with pytest.raises(BadInput, match="cannot be read") as caught:
        hold(filter_, LOCK)
    assert "Delete it" in caught.value.advice()


def test_a_folder_that_cannot_be_written_is_bad_input(filter_):
    filter_.lock.mkdir()
    with pytest.raises(BadInput, match="cannot write"):
        write_lock(filter_, LOCK)
