"""Compiled modules on disk."""

import pytest

from tamis import host
from tamis.host import cache, loading


@pytest.fixture(autouse=True)
def fresh():
    loading.compiled.cache_clear()
    yield
    loading.compiled.cache_clear()


def files() -> list:
    return sorted(cache.folder().iterdir()) if cache.folder().exists() else []


def test_a_module_is_compiled_once(guest):
    host.load(guest())
    (stored,) = files()
    written = stored.stat().st_ino
    loading.compiled.cache_clear()
    assert host.load(guest()) is None
    assert [path.stat().st_ino for path in files()] == [written]
    assert stored.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", [b"", b"abc", b"short", b"x" * 5000])
def test_a_damaged_file_is_replaced(guest, damage):
    host.load(guest())
    (stored,) = files()
    good = stored.read_bytes()
    stored.write_bytes(damage)
    loading.compiled.cache_clear()
    assert host.load(guest()) is None
    assert stored.read_bytes() == good


def test_an_intact_file_that_is_no_module_is_replaced(guest):
    host.load(guest())
    (stored,) = files()
    good = stored.read_bytes()
    cache.write(stored.name, b"not compiled code")
    loading.compiled.cache_clear()
    assert host.load(guest()) is None
    assert stored.read_bytes() == good


def test_a_single_flipped_bit_is_noticed(guest):
    host.load(guest())
    (stored,) = files()
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.write_bytes(content)
    assert cache.find(stored.name) is None


def test_a_cache_that_cannot_be_written_is_no_error(guest, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert host.load(guest()) is None


def test_refused_modules_are_not_stored():
    host.load(b"garbage")
    assert files() == []


def test_the_key_holds_what_matters():
    keys = {
        cache.key(b"a", "50.0.1", "fuel=True"),
        cache.key(b"b", "50.0.1", "fuel=True"),
        cache.key(b"a", "50.0.2", "fuel=True"),
        cache.key(b"a", "50.0.1", "fuel=False"),
    }
    assert len(keys) == 4
