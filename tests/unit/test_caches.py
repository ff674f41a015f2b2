"""What is kept, what is trusted, what is pruned."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tamis import caches


@pytest.fixture(autouse=True)
def own_root(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "tamis"


def age(path: Path, days: float) -> None:
    then = time.time() - days * 86_400
    os.utime(path, (then, then))


def test_the_root_follows_the_environment(monkeypatch, own_root):
    assert caches.root() == own_root
    for nonsense in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", nonsense)
        assert caches.root() == Path.home() / ".cache" / "tamis"


def test_what_is_written_is_read():
    caches.write("builds", "a", b"content")
    assert caches.read("builds", "a") == b"content"
    assert caches.read("builds", "b") == b""
    assert (caches.folder("builds") / "a").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "damage",
    [lambda b: b[:-1], lambda b: b + b"x", lambda b: b"", lambda b: b[:40] + b"X" + b[41:]],
)
def test_a_damaged_entry_is_none(damage):
    caches.write("builds", "a", b"content that is long enough to be damaged")
    file = caches.folder("builds") / "a"
    file.write_bytes(damage(file.read_bytes()))
    assert caches.read("builds", "a") == b""


def test_another_user_s_file_is_not_trusted(monkeypatch):
    caches.write("builds", "a", b"content")
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert caches.read("builds", "a") == b""


def test_a_cache_that_cannot_be_written_is_no_error(own_root):
    own_root.write_text("a file where the folder should be")
    caches.write("builds", "a", b"content")
    assert caches.read("builds", "a") == b""
    assert not caches.writable(caches.folder("builds"))


def test_usage_counts_what_is_there():
    caches.write("builds", "a", b"x" * 100)
    caches.write("builds", "b", b"x" * 100)
    found = {each.kind: each for each in caches.usage()}
    assert list(found) == list(caches.KINDS)
    assert (found["builds"].files, found["builds"].size) == (2, 2 * 132)
    assert found["builds"].used == pytest.approx(time.time(), abs=60)
    assert (found["go"].files, found["go"].size, found["go"].used) == (0, 0, None)


def test_old_entries_go_and_used_ones_stay():
    for name in ("old", "used", "new"):
        caches.write("builds", name, b"content")
    for name in ("old", "used"):
        age(caches.folder("builds") / name, 40)
    assert caches.read("builds", "used") == b"content"  # this makes it young
    assert caches.prune(30) == 32 + len(b"content")
    assert caches.read("builds", "old") == b""
    assert caches.read("builds", "used") == caches.read("builds", "new") == b"content"


def test_a_compiler_s_folder_goes_whole_or_stays(own_root):
    for kind in ("zig", "go"):
        (own_root / kind / "deep").mkdir(parents=True)
        (own_root / kind / "deep" / "file").write_text("x")
    age(own_root / "zig", 40)
    (own_root / "go" / "deep").chmod(0o500)  # as Go's modules are
    caches.prune(30)
    assert not (own_root / "zig").exists()
    assert (own_root / "go" / "deep" / "file").exists()
    caches.prune()
    assert not (own_root / "go").exists()


def test_what_is_held_stays_until_its_process_ends(own_root):
    caches.write("envoys", "held", b"content")
    caches.write("envoys", "free", b"content")
    held = own_root / "envoys" / "held"
    keep = "import sys; from tamis import caches; from pathlib import Path; "
    keep += "print(caches.hold(Path(sys.argv[1])), flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", keep, str(held)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as child:
        assert child.stdout
        assert child.stdout.readline() == "True\n"
        caches.prune()
        assert list((own_root / "envoys").iterdir()) == [held]
        child.kill()
    caches.prune()
    assert list((own_root / "envoys").iterdir()) == []
    assert not caches.hold(held)


def test_holding_makes_young_and_follows_a_new_file():
    caches.write("envoys", "a", b"content")
    path = caches.folder("envoys") / "a"
    age(path, 40)
    assert caches.hold(path)
    path.unlink()  # somebody who asks nobody
    caches.write("envoys", "a", b"other")
    assert caches.prune() > 0  # what was held is not there any more
    caches.write("envoys", "a", b"other")
    assert caches.hold(path)
    assert caches.prune() == 0
    assert caches.read("envoys", "a") == b"other"


def test_unfinished_work_stays_for_an_hour(own_root):
    for name in (".new-a", ".new-b"):
        (own_root / "envoys" / name).mkdir(parents=True)
        (own_root / "envoys" / name / "file").write_text("x")
    age(own_root / "envoys" / ".new-a" / "file", 1 / 12)
    assert caches.prune() == 1
    assert (own_root / "envoys" / ".new-b" / "file").exists()
