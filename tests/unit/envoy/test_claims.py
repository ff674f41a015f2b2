"""Folders that somebody holds stay; those of owners who were killed go."""

import subprocess
import sys
from pathlib import Path

from tamis.envoy import claims

_OWNER = """
import sys, time
from pathlib import Path
from tamis.envoy import claims
held = claims.claim(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def folder(parent: Path, name: str) -> Path:
    made = parent / name
    made.mkdir()
    (made / "file").touch()
    return made


def test_what_a_living_owner_holds_stays_and_goes_with_its_owner(tmp_path: Path):
    theirs = folder(tmp_path, "tamis-theirs")
    command = [sys.executable, "-c", _OWNER, str(theirs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as owner:
        assert owner.stdout
        owner.stdout.readline()
        claims.sweep(tmp_path)
        assert theirs.is_dir()
        owner.kill()
        owner.wait()
        claims.sweep(tmp_path)
    assert not theirs.exists()


def test_our_own_are_held_until_they_are_let_go(tmp_path: Path):
    ours = folder(tmp_path, "tamis-ours")
    held = claims.claim(ours)
    claims.sweep(tmp_path)
    assert ours.is_dir()
    held.close()
    claims.sweep(tmp_path)
    assert not ours.exists()


def test_what_is_to_be_looked_into_stays(tmp_path: Path):
    kept = folder(tmp_path, "tamis-kept")
    held = claims.claim(kept)
    claims.disown(kept)
    held.close()
    claims.sweep(tmp_path)
    assert kept.is_dir()


def test_what_nobody_ever_claimed_is_none_of_ours(tmp_path: Path):
    unclaimed = folder(tmp_path, "tamis-unclaimed")
    other = folder(tmp_path, "other")
    claims.claim(other).close()
    claims.sweep(tmp_path)
    assert unclaimed.is_dir()
    assert other.is_dir()
