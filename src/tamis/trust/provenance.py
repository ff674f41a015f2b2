"""Where a module comes from: an in-toto SLSA v1 statement of its build, level 1 and no more.

Nobody but the builder vouches for it, and the builder is whoever holds the key. What is not known
is left out; nothing names this machine or its user.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote, urlsplit

from tamis import project
from tamis.errors import BadInput, Missing, Place, Rejected
from tamis.model.artifact import Artifact
from tamis.model.filter import Filter
from tamis.oci.digests import digest_of
from tamis.trust import statement
from tamis.trust.documents import Object, object_in
from tamis.trust.predicates import PROVENANCE
from tamis.trust.statement import LIMIT
from tamis.version import VERSION

__all__ = ["given", "provenance"]

_BUILD = "https://tamis.dev/build/v1"
_LOCAL = "https://tamis.dev/builders/local"
_ADVICE = "Name SLSA v1 provenance in JSON, or let tamis write it: attach REF provenance."
_SCP = re.compile(r"(?:(?P<user>[\w.-]+)@)?(?P<host>[\w.-]+):(?P<path>[^/].*)\Z")
_SECONDS = 30


def provenance(
    artifact: Artifact, filter: Filter, environment: Mapping[str, str] | None = None
) -> Object:
    """How `filter` was built to the artifact's module; `environment`: who builds (None: ours).

    Raises BadInput where there was no build, Rejected where it made another module, Missing for a
    repository without git.
    """
    lock = project.read_lock(filter)
    if lock is None:
        raise BadInput(
            f"{filter.name} has no {filter.lock.name}: nothing says how it was built",
            advice="Build it first: tamis build.",
            at=Place(filter.manifest),
        )
    if lock.digest != artifact.module_digest:
        raise Rejected(
            f"{filter.name} was built to {lock.digest}, the artifact holds "
            f"{artifact.module_digest}",
            advice="Attach provenance from the folder that it was built in, at that commit.",
            at=Place(filter.lock),
        )
    known = os.environ if environment is None else environment
    source, path = _source(filter.folder)
    made = filter.lock.read_bytes()
    return {
        "buildDefinition": {
            "buildType": _BUILD,
            "externalParameters": {
                "source": {**({"uri": source["uri"]} if "uri" in source else {}), "path": path},
                "name": filter.name,
                "version": filter.version,
                "targets": list(filter.targets),
                "build": asdict(filter.build),
            },
            "internalParameters": {},
            "resolvedDependencies": [
                *([source] if source else []),
                *(_tool(each) for each in (lock.toolchain, lock.sdk) if each),
                *([_tool(lock.optimize)] if lock.optimize != "none" else []),
            ],
        },
        "runDetails": {
            "builder": {"id": _builder(known), "version": {"tamis": VERSION}},
            **({"metadata": {"invocationId": run}} if (run := _run(known)) else {}),
            "byproducts": [
                {"name": filter.lock.name, "digest": {"sha256": digest_of(made)[7:]}},
                {"name": f"{filter.name}.wasm", "digest": {"sha256": lock.digest[7:]}},
            ],
        },
    }


def given(path: Path, digest: str) -> Object:
    """Somebody else's: SLSA v1, by itself or in a statement about the manifest `digest`.

    Raises BadInput for anything else, Rejected for a statement about another.
    """
    document = object_in(path, advice=_ADVICE, limit=LIMIT)
    if "predicateType" in document:
        said = statement.read(path.read_bytes(), str(path))
        if digest not in said.subjects:
            raise Rejected(f"{path} is about {', '.join(said.subjects)}", advice=_ADVICE)
        if said.predicate_type != PROVENANCE:
            raise BadInput(f"{path} is a statement of {said.predicate_type}", advice=_ADVICE)
        document = said.predicate
    match document:
        case {"buildDefinition": dict(), "runDetails": {"builder": {"id": str()}}}:
            return document
    raise BadInput(f"{path} is no SLSA provenance of version 1", advice=_ADVICE)


def _tool(text: str) -> Object:
    """`zig 0.17.1`, `wasm-opt@123`: what made it, by name and version."""
    name, _, version = text.replace("@", " ").partition(" ")
    tail = f"@{quote(version, safe='')}" if version else ""
    return {"name": text, "uri": f"pkg:generic/{quote(name, safe='')}{tail}"}


def _builder(known: Mapping[str, str]) -> str:
    """The workflow, where GitHub runs one: as GitHub's own attestations name it."""
    server, workflow = known.get("GITHUB_SERVER_URL"), known.get("GITHUB_WORKFLOW_REF")
    if known.get("GITHUB_ACTIONS") == "true" and server and workflow:
        return f"{server}/{workflow}"
    return _LOCAL


def _run(known: Mapping[str, str]) -> str:
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT")
    server, repository, run, attempt = (known.get(name, "") for name in names)
    if known.get("GITHUB_ACTIONS") != "true" or not (server and repository and run):
        return ""
    return f"{server}/{repository}/actions/runs/{run}/attempts/{attempt or 1}"


def _source(folder: Path) -> tuple[Object, str]:
    """The commit that the folder is at, whether something has changed since, and the folder's path
    in its repository. Nothing where there is none.
    """
    if not any((place / ".git").exists() for place in (folder, *folder.parents)):
        return {}, "."
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    remote = _shown(_git(folder, "config", "--get", "remote.origin.url", missing=True))
    dirty = bool(_git(folder, "status", "--porcelain"))
    path = _git(folder, "rev-parse", "--show-prefix").rstrip("/") or "."
    found = {
        **({"uri": f"git+{remote}"} if remote else {"name": "source"}),
        "digest": {"gitCommit": commit},
        **({"annotations": {"dirty": True}} if dirty else {}),
    }
    return found, path


def _shown(remote: str) -> str:
    """A remote as others may see it: no password, no path of this machine."""
    if (match := _SCP.match(remote)) and "://" not in remote:
        user = f"{match['user']}@" if match["user"] else ""
        return f"ssh://{user}{match['host']}/{match['path']}"
    try:
        parts = urlsplit(remote)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https", "ssh", "git"} or not host:
        return ""
    user = f"{parts.username}@" if parts.scheme == "ssh" and parts.username else ""
    return f"{parts.scheme}://{user}{host}{f':{port}' if port else ''}{parts.path}"


def _git(folder: Path, *arguments: str, missing: bool = False) -> str:
    """What git says. `missing`: that it finds nothing is no error. Raises Missing, BadInput."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("GIT_DIR")
    }
    try:
        ran = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            env={**environment, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise Missing(
            "git is not installed, and the source lies in a repository of it",
            advice="Install git: provenance names the commit.",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise BadInput(
            f"git {arguments[0]} takes more than {_SECONDS} s in {folder}",
            advice="Run git status there: something is wrong with the repository.",
        ) from error
    if ran.returncode and not (missing and not ran.stderr):
        said = " ".join(ran.stderr.decode("utf-8", "replace").split())[:300]
        raise BadInput(
            f"git {arguments[0]} fails in {folder}: {said}",
            advice="Commit the source first; see what git says there.",
        )
    return ran.stdout.decode("utf-8", "replace").strip()
