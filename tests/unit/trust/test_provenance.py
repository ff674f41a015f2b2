"""Provenance: what is known of a build, and nothing of this machine."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tamis import project
from tamis.errors import BadInput, Missing, Rejected
from tamis.model.artifact import Artifact, Metadata
from tamis.model.build import Lock
from tamis.model.filter import Filter
from tamis.oci import digest_of
from tamis.trust import statement
from tamis.trust.predicates import PROVENANCE, SIGN
from tamis.trust.provenance import given, provenance

MODULE = digest_of(b"module")
ARTIFACT = Artifact(Metadata("hello", "1.0.0"), "image", digest_of(b"manifest"), MODULE, 6, 6)
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/hello",
    "GITHUB_WORKFLOW_REF": "acme/hello/.github/workflows/release.yml@refs/heads/main",
    "GITHUB_RUN_ID": "77",
    "GITHUB_RUN_ATTEMPT": "2",
}


@pytest.fixture
def filter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Filter:
    """A filter that was built, two folders down from where a repository may begin."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "work" / "filters" / "hello"
    folder.mkdir(parents=True)
    (folder / "filter.cc").write_text("// the source\n")
    made = Filter(folder, "hello", "1.0.0", "cpp", (folder / "filter.cc",), targets=("istio@1.30",))
    project.write_lock(made, Lock("zig 0.17.1", "tamis-cpp 0.1.0", "wasm-opt@123", MODULE, 6))
    return made


def _git(filter: Filter, *arguments: str) -> str:
    folder = filter.folder.parent.parent
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    command = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _commit(filter: Filter, remote: str = "https://github.com/acme/hello.git") -> str:
    _git(filter, "init", "-q")
    _git(filter, "remote", "add", "origin", remote)
    _git(filter, "add", ".")
    _git(filter, "commit", "-q", "-m", "x")
    return _git(filter, "rev-parse", "HEAD")


def test_a_build_here(filter: Filter) -> None:
    commit = _commit(filter)
    assert provenance(ARTIFACT, filter, {}) == {
        "buildDefinition": {
            "buildType": "https://tamis.dev/build/v1",
            "externalParameters": {
                "source": {
                    "uri": "git+https://github.com/acme/hello.git",
                    "path": "filters/hello",
                },
                "name": "hello",
                "version": "1.0.0",
                "targets": ["istio@1.30"],
                "build": {"optimize": "none", "strip": True, "exports": ()},
            },
            "internalParameters": {},
            "resolvedDependencies": [
                {
                    "uri": "git+https://github.com/acme/hello.git",
                    "digest": {"gitCommit": commit},
                },
                {"name": "zig 0.17.1", "uri": "pkg:generic/zig@0.17.1"},
                {"name": "tamis-cpp 0.1.0", "uri": "pkg:generic/tamis-cpp@0.1.0"},
                {"name": "wasm-opt@123", "uri": "pkg:generic/wasm-opt@123"},
            ],
        },
        "runDetails": {
            "builder": {
                "id": "https://tamis.dev/builders/local",
                "version": {"tamis": _version()},
            },
            "byproducts": [
                {
                    "name": "build.lock.json",
                    "digest": {"sha256": digest_of(filter.lock.read_bytes())[7:]},
                },
                {"name": "hello.wasm", "digest": {"sha256": MODULE[7:]}},
            ],
        },
    }


def _version() -> str:
    from tamis.version import VERSION

    return VERSION


def test_a_build_by_github(filter: Filter) -> None:
    found = provenance(ARTIFACT, filter, GITHUB)["runDetails"]
    assert found["builder"]["id"] == (
        "https://github.com/acme/hello/.github/workflows/release.yml@refs/heads/main"
    )
    assert found["metadata"] == {
        "invocationId": "https://github.com/acme/hello/actions/runs/77/attempts/2"
    }
    pretended = provenance(ARTIFACT, filter, {**GITHUB, "GITHUB_ACTIONS": ""})["runDetails"]
    assert pretended["builder"]["id"] == "https://tamis.dev/builders/local"
    assert "metadata" not in pretended


def _dependencies(filter: Filter) -> list[dict[str, object]]:
    found: list[dict[str, object]] = provenance(ARTIFACT, filter, {})["buildDefinition"][
        "resolvedDependencies"
    ]
    return found


def test_what_is_in_no_commit_is_said(filter: Filter) -> None:
    _commit(filter)
    assert "annotations" not in _dependencies(filter)[0]
    (filter.folder / "filter.cc").write_text("// changed\n")
    assert _dependencies(filter)[0]["annotations"] == {"dirty": True}
    _git(filter, "checkout", "-q", ".")
    (filter.folder / "new.cc").write_text("")
    assert _dependencies(filter)[0]["annotations"] == {"dirty": True}


@pytest.mark.parametrize(
    ("remote", "shown"),
    [
        ("https://user:token@example.com/acme/x.git", "git+https://example.com/acme/x.git"),
        ("git@github.com:acme/x.git", "git+ssh://git@github.com/acme/x.git"),
        ("ssh://git:pw@example.com:2222/x", "git+ssh://git@example.com:2222/x"),
        ("https://example.com/x?token=y#z", "git+https://example.com/x"),
        ("/srv/git/x.git", None),
        ("file:///srv/git/x.git", None),
        ("https://[bad/x", None),
    ],
)
def test_remotes_as_others_may_see_them(filter: Filter, remote: str, shown: str | None) -> None:
    _commit(filter, remote)
    source = _dependencies(filter)[0]
    assert source.get("uri") == shown
    assert source["digest"]
    text = json.dumps(provenance(ARTIFACT, filter, {}))
    assert "token" not in text
    assert "/srv" not in text
    assert str(filter.folder.parent) not in text


def test_without_a_remote_or_a_repository(filter: Filter) -> None:
    assert _dependencies(filter)[0]["name"] == "zig 0.17.1"
    _commit(filter)
    _git(filter, "remote", "remove", "origin")
    assert _dependencies(filter)[0].keys() == {"name", "digest"}


def test_a_repository_that_cannot_be_read(
    filter: Filter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing is signed as if there were no source."""
    _git(filter, "init", "-q")
    with pytest.raises(BadInput, match=r"git rev-parse fails in .*Needed a single revision"):
        provenance(ARTIFACT, filter, {})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="git is not installed"):
        provenance(ARTIFACT, filter, {})


def test_another_build(filter: Filter) -> None:
    other = replace(ARTIFACT, module_digest=digest_of(b"other"))
    with pytest.raises(Rejected, match=f"was built to {MODULE}, the artifact holds"):
        provenance(other, filter, {})
    filter.lock.unlink()
    with pytest.raises(BadInput, match=r"hello has no build\.lock\.json"):
        provenance(ARTIFACT, filter, {})


def test_of_somebody_else(filter: Filter, tmp_path: Path) -> None:
    good = provenance(ARTIFACT, filter, {})
    path = tmp_path / "p.json"
    path.write_text(json.dumps(good))
    assert given(path, ARTIFACT.digest) == json.loads(path.read_text())
    path.write_bytes(statement.write(ARTIFACT.digest, PROVENANCE, good))
    assert given(path, ARTIFACT.digest)["runDetails"] == good["runDetails"]
    with pytest.raises(Rejected, match="is about sha256:"):
        given(path, digest_of(b"other"))
    path.write_bytes(statement.write(ARTIFACT.digest, SIGN, good))
    with pytest.raises(BadInput, match="is a statement of https://sigstore"):
        given(path, ARTIFACT.digest)
    for bad in ("{}", '{"buildDefinition": {}, "runDetails": {"builder": {}}}', "x"):
        path.write_text(bad)
        with pytest.raises(BadInput):
            given(path, ARTIFACT.digest)
