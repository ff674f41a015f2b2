"""A workshop in a container: the same build by the tools of an image, each command by itself.

A command sees its filter's inputs (read-only), a scratch folder and caches of its own, runs as the
calling user without privileges, and reaches no network unless it fetches packages.
"""

import os
import re
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self

from tamis import caches
from tamis.errors import Missing, Rejected
from tamis.toolchains.containers import confinement
from tamis.toolchains.containers.engine import Engine, explained, tidy
from tamis.toolchains.containers.mounts import Mount, outermost
from tamis.toolchains.containers.running import ASKED, Ended, NotStarted, follow
from tamis.toolchains.job import Job, done, failed
from tamis.toolchains.workshop import ALWAYS, SECONDS, Here

__all__ = ["Container"]

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: Bits of Go's os.FileMode, which the engine tells of files.
_FOLDER, _LINK = 1 << 31, 1 << 27


class Container(Here):
    """Builds in `image`, with `mounts` besides the scratch folder and the caches.

    The connection to the engine is this workshop's own and ends with it.
    """

    def __init__(
        self,
        engine: Engine,
        image: Any,  # noqa: ANN401  (the SDK has no types)
        mounts: Sequence[Mount],
        *,
        fresh: bool = False,
    ) -> None:
        super().__init__(caches.folder("container"), fresh=fresh)
        self._engine = engine
        self._image = image
        self._inputs = tuple(mounts)
        self._limits = confinement.Limits.of(os.environ)
        self._shelf: Any = None  # a container that never starts: to look at the image's files
        self._found: dict[str, Mapping[str, Any] | None] = {}
        self._answers: dict[tuple[str, ...], str] = {}

    def __enter__(self) -> Self:
        self._engine.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._engine.__exit__(kind, error, trace)
        finally:
            super().__exit__(kind, error, trace)

    @property
    def scratch(self) -> Path:
        """See Workshop. Engines in a virtual machine see the home folder, on macOS little else."""
        if self._scratch is None and sys.platform == "darwin" and caches.writable(self._root):
            self._scratch = tempfile.TemporaryDirectory(prefix="build-", dir=self._root)
        return super().scratch

    def which(self, *programs: str) -> Path | None:
        """See Workshop: the image's PATH counts."""
        variables = dict(each.split("=", 1) for each in self._config("Env") if "=" in each)
        folders = variables.get("PATH", _PATH).split(":")
        for program in programs:
            for place in [program] if "/" in program else [f"{f}/{program}" for f in folders if f]:
                found = self._look(place)
                if found and not found["mode"] & _FOLDER and found["mode"] & 0o111:
                    return Path(place)
        return None

    def ask(self, command: Sequence[str], cwd: Path | None = None) -> str:
        """See Workshop. The same question is asked once."""
        asked = (str(cwd or ""), *command)
        if asked not in self._answers:
            try:
                ended = self._run(command, cwd or PurePosixPath("/"), {}, seconds=ASKED)
                self._answers[asked] = "" if ended.code else ended.out.strip()
            except NotStarted:
                self._answers[asked] = ""
        return self._answers[asked]

    def exists(self, path: Path) -> bool:
        """See Workshop."""
        if any(mount.covers(path) for mount in self._mounts()):
            return path.exists()
        return self._look(path.as_posix()) is not None

    def packages(self, manager: str) -> Path:
        """See Workshop. Never the user's own: an image's tools may be of another version."""
        kept = self._root / manager
        if not caches.writable(kept):
            kept = self.scratch / "cache" / manager
            kept.mkdir(parents=True, exist_ok=True)
        return kept

    def run(self, job: Job) -> str:
        """See Workshop. Whatever ends this process ends the command and its container."""
        started = time.monotonic()
        try:
            ended = self._run(
                job.command, job.cwd, job.env,
                seconds=SECONDS, what=job.what, network=job.network,
            )  # fmt: skip
        except NotStarted as error:
            raise Missing(
                f"{job.command[0]} does not start in {self._name}: {error}",
                advice="Look whether the image has it for this machine's kind of processor.",
            ) from error
        if ended.killed_for == "time":
            raise Rejected(
                f"{job.what}: not done within {SECONDS} s",
                advice="Split the sources, or look for what never ends.",
            )
        if ended.killed_for == "memory":
            raise Rejected(
                f"{job.what}: out of memory; the container's limit is "
                f"{self._limits.memory >> 20} MiB",
                advice=f"Allow it more, for example: {confinement.MEMORY}=8g",
            )
        if ended.code:
            raise failed(job, ended.err.strip() or ended.out, ended.code)
        self.steps.append(done(job, time.monotonic() - started, ended.err))
        return ended.out

    @property
    def _name(self) -> str:
        return str((self._image.tags or [self._image.short_id])[0])

    def _config(self, key: str) -> Sequence[str]:
        return (self._image.attrs.get("Config") or {}).get(key) or ()

    def _mounts(self) -> tuple[Mount, ...]:
        """Caches that cannot be written are in the scratch folder: see `Here.cache`."""
        ours = [self.scratch, *([self._root] if caches.writable(self._root) else [])]
        return (*self._inputs, *(Mount(path, writable=True) for path in outermost(ours)))

    def _home(self) -> Mapping[str, str]:
        """Where tools keep what they keep; the image's own folders are read-only."""
        home = self.packages("home")
        temporary = self.scratch / "tmp"
        for folder in (home, temporary):
            folder.mkdir(parents=True, exist_ok=True)
        return {
            "HOME": str(home),
            "TMPDIR": str(temporary),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "CARGO_HOME": str(self.packages("cargo")),
            "GOPATH": str(self.packages("gopath")),
            "npm_config_cache": str(home / ".npm"),
        }

    def _run(
        self,
        command: Sequence[str],
        cwd: Path | PurePosixPath,
        env: Mapping[str, str],
        *,
        seconds: int,
        what: str = "look at the image",
        network: bool = False,
    ) -> Ended:
        """Run it to its end. Raises NotStarted when the image has no such program."""
        more, files = confinement.reaching(os.environ) if network else ({}, ())
        mounts = self._mounts()
        mounts += tuple(Mount(f) for f in files if not any(m.covers(f) for m in mounts))
        made = {
            **confinement.options(self._engine.traits, self._limits, mounts, network=network),
            "entrypoint": list(command),
            "working_dir": str(cwd),
            "environment": {**ALWAYS, **self._home(), **more, **env},
            "labels": dict(self._engine.labels),
        }
        with explained(what):
            container, output = self._start(made)
            try:
                return follow(container, output, seconds)
            finally:
                output.close()
                with tidy():
                    container.remove(force=True, v=True)

    def _start(self, made: Mapping[str, Any]) -> tuple[Any, Any]:
        """A running container, and the answer that carries its output from the first byte on."""
        from docker import errors

        container = self._engine.client.containers.create(self._image.id, **made)
        output = self._attach(container)
        try:
            container.start()
        except errors.APIError as error:
            output.close()
            with tidy():
                container.remove(force=True, v=True)
            why = str(error.explanation or error)
            if made["init"] and ("docker-init" in why or "catatonit" in why):
                return self._start({**made, "init": False})  # an engine without one
            if re.search(r"exec|no such file|not found", why) and made["entrypoint"][0] in why:
                raise NotStarted(" ".join(why.split())) from error
            raise
        return container, output

    def _attach(self, container: Any) -> Any:  # noqa: ANN401
        """By itself, for the SDK's own leaves connections open."""
        answer = self._engine.client.api.post(
            f"{self._engine.address}/containers/{container.id}/attach",
            params={"stream": 1, "stdout": 1, "stderr": 1},
            stream=True,
            timeout=(ASKED, None),
        )
        answer.raise_for_status()
        return answer

    def _look(self, place: str) -> Mapping[str, Any] | None:
        """What the engine tells of a file in the image, links followed; None: not there."""
        if place not in self._found:
            with explained("look into the image"):
                self._found[place] = self._stat(place)
        return self._found[place]

    def _stat(self, place: str) -> Mapping[str, Any] | None:
        from docker.utils import decode_json_header

        client = self._engine.client
        if self._shelf is None:
            self._shelf = client.containers.create(
                self._image.id, entrypoint=["/"], network_mode="none",
                labels=dict(self._engine.labels),
            )  # fmt: skip
        for _ in range(20):
            answer = client.api.head(
                f"{self._engine.address}/containers/{self._shelf.id}/archive",
                params={"path": place},
                timeout=client.api.timeout,
            )
            if answer.status_code == 404:
                return None
            answer.raise_for_status()
            found: Mapping[str, Any] = decode_json_header(
                answer.headers["X-Docker-Container-Path-Stat"]
            )
            if not found["mode"] & _LINK:
                return found
            place = str(PurePosixPath(place).parent / found["linkTarget"])
        return None
