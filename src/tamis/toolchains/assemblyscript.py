"""AssemblyScript: node and npm are the user's, the compiler is the one that package-lock.json pins.

Packages are installed once for each lock file, in tamis' cache: nothing appears in the filter's
folder, and what lies in its node_modules does not count.
"""

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tamis.errors import BadInput, Missing, Place
from tamis.model.build import Fingerprint
from tamis.model.filter import Filter
from tamis.toolchains.inputs import copy
from tamis.toolchains.job import Job
from tamis.toolchains.toolchain import Compiled, Found, text, texts
from tamis.toolchains.workshop import Workshop

__all__ = ["AssemblyScript"]

_OLDEST = 16
_COMPILER = "assemblyscript"
_SDK = "@solo-io/proxy-runtime"
#: Small, and without asserts. With the SDK: `abort` as it has it, for Envoy has no env.abort, and
#: an entry point instead of a start section, in which a call of the host crashes Envoy 1.40.
_SMALL = ("-O3z", "--converge", "--noAssert")
_WITH_SDK = ("--use", "abort=abort_proc_exit", "--explicitStart", "--runtime", "half")
_WITHOUT = ("--exportStart", "_initialize")
#: `in assembly/index.ts(3,14)`, below the message and the line it is about.
_ERROR = re.compile(r"\bin (?P<file>\S.*)\((?P<line>\d+),(?P<column>\d+)\)$", re.MULTILINE)
#: The last whose asconfig.json decides where the module goes, unless `--binaryFile` says so.
_BINARY_FILE = (0, 19)
_HOW = "Get node (16 or newer, with npm) from https://nodejs.org or your system's packages."


@dataclass(frozen=True, slots=True)
class AssemblyScript:
    """Settings: `entry` (default: assembly/index.ts) and `flags` (instead of the default ones)."""

    def find(self, shop: Workshop) -> Found:
        """Node and npm from the PATH."""
        node, npm = shop.which("node", "nodejs"), shop.which("npm")
        version = shop.ask((str(node), "--version")) if node else ""
        if node is None or not version:
            raise Missing("node is not installed", advice=_HOW)
        if int(version.lstrip("v").partition(".")[0]) < _OLDEST:
            raise Missing(f"node {version} at {node} is too old", advice=_HOW)
        if npm is None:
            raise Missing("node is installed, npm is not", advice=_HOW)
        return Found(f"node {version}", node, {"npm": str(npm)})

    def inputs(self, filter_: Filter) -> tuple[Path, ...]:
        """The filter's folder, which holds package.json and its lock file."""
        return (_project(filter_),)

    def fingerprint(self, filter_: Filter, shop: Workshop) -> Fingerprint:  # noqa: ARG002
        """The compiler and the SDK that package-lock.json pins; node does not change the bytes."""
        packages = _locked(filter_)
        sdk = packages.get(f"node_modules/{_SDK}", {}).get("version", "")
        return Fingerprint(
            f"asc {_compiler(filter_, packages)}", f"{_SDK} {sdk}".strip() if sdk else ""
        )

    def build(self, filter_: Filter, shop: Workshop) -> Compiled:
        """Install what the lock file names, unless that was done; then compile."""
        found = self.find(shop)
        _compiler(filter_, _locked(filter_))
        packages = _installed(filter_, found, shop)
        target = shop.scratch / "module.wasm"
        manifest = json.loads((packages / _COMPILER / "package.json").read_text("utf-8"))
        program = manifest["bin"]["asc"] if isinstance(manifest["bin"], dict) else manifest["bin"]
        old = tuple(map(int, manifest["version"].split(".")[:2])) <= _BINARY_FILE
        command = (
            str(found.path), str(packages / _COMPILER / program),
            # Named always: without an entry the compiler prints its help and is content.
            text(filter_, "entry", "assembly/index.ts"), "--noColors",
            *_flags(filter_), *(() if filter_.build.strip else ("--debug",)),
            "--outFile", str(target), *(("--binaryFile", str(target)) if old else ()),
        )  # fmt: skip
        stage = _staged(filter_, packages, shop)
        job = Job(
            f"compile {filter_.name}", command, cwd=stage,
            error=_ERROR, source=_project(filter_),
        )  # fmt: skip
        shop.run(job)
        if not target.is_file():
            raise BadInput(
                f"{filter_.name}: the compiler made no module",
                advice="Look at asconfig.json and [assemblyscript] flags: something there asks "
                "for another thing than a module.",
                at=Place(filter_.manifest),
            )
        return Compiled(target.read_bytes())


def _staged(filter_: Filter, packages: Path, shop: Workshop) -> Path:
    """A copy of the project beside the packages of its lock file.

    In the user's folder the compiler would take what lies in a node_modules there or above, and
    asconfig.json may make it write there.
    """
    stage = shop.scratch / "stage"
    copy(_project(filter_), stage)
    (stage / "node_modules").symlink_to(packages)
    return stage


def _flags(filter_: Filter) -> tuple[str, ...]:
    """Those of tamis.toml; else asconfig.json has its own; else the ones for a small module."""
    if said := texts(filter_, "flags"):
        return tuple(said)
    if (_project(filter_) / "asconfig.json").is_file():
        return ()
    has_sdk = f"node_modules/{_SDK}" in _locked(filter_)
    return (*_SMALL, *(_WITH_SDK if has_sdk else _WITHOUT))


def _project(filter_: Filter) -> Path:
    if (filter_.folder / "package.json").is_file():
        return filter_.folder
    raise BadInput(
        f"{filter_.name}: there is no package.json beside tamis.toml",
        advice="Make one: npm init, or begin with: tamis new NAME --language assemblyscript",
        at=Place(filter_.manifest),
    )


def _locked(filter_: Filter) -> dict[str, Any]:
    """`packages` of package-lock.json. Raises BadInput."""
    file = _project(filter_) / "package-lock.json"
    try:
        packages = json.loads(file.read_text("utf-8"))["packages"]
    except FileNotFoundError as error:
        raise BadInput(
            f"{file.parent} has no package-lock.json: what would be built is not settled",
            advice="Run npm install and commit the file.",
            at=Place(filter_.manifest),
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"cannot read {file.name}: {error}", advice="Run npm install anew.", at=Place(file)
        ) from error
    linked = next((name for name, each in packages.items() if each.get("link")), None)
    if linked:
        raise BadInput(
            f"{file.name} links {linked} to a folder of this machine",
            advice="Publish that package, or copy its sources into the filter.",
            at=Place(file),
        )
    return dict(packages)


def _compiler(filter_: Filter, packages: dict[str, Any]) -> str:
    found = packages.get(f"node_modules/{_COMPILER}")
    if found:
        return str(found.get("version", ""))
    raise BadInput(
        f"{filter_.name}: package-lock.json does not name the compiler, {_COMPILER}",
        advice=f"Run: npm install --save-dev {_COMPILER}",
        at=Place(filter_.manifest),
    )


def _installed(filter_: Filter, found: Found, shop: Workshop) -> Path:
    """node_modules with what the lock file names. Raises Unreachable."""
    project = _project(filter_)
    files = [project / name for name in ("package.json", "package-lock.json", ".npmrc")]
    files = [file for file in files if file.is_file()]
    key = hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:32]
    # Packages are no compiler's output: they are kept between fresh builds too.
    folder = shop.packages("npm") / key
    done = folder / ".complete"
    with shop.alone(folder):
        if not done.is_file():
            shutil.rmtree(folder / "node_modules", ignore_errors=True)
            for file in files:
                shutil.copyfile(file, folder / file.name)
            options = ("--ignore-scripts", "--no-audit", "--no-fund")
            command = (found.more["npm"], "ci", *options)
            shop.run(Job("install npm packages", command, cwd=folder, network=True))
            done.touch()
    return folder / "node_modules"
