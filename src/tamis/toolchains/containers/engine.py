"""The container engine: Docker's API, which podman speaks too, and what this engine can do.

The Docker SDK is loaded on first use: nothing but container builds needs it.
"""

import contextlib
import os
import signal
import socket
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any, Self

from tamis import extras
from tamis.errors import BadInput, Missing, TamisError, Unreachable

__all__ = ["Engine", "Traits", "connect", "explained", "tidy"]

#: Labels of every container of ours: by them the forgotten ones are found.
_BUILD, _HOST, _WORKSHOP = "dev.tamis.build", "dev.tamis.host", "dev.tamis.workshop"
#: For an answer of the engine, which may be copying an image.
_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Traits:
    """What decides how containers are made: `rootless` and `userns` engines map users, `selinux`
    bars containers from what is not labelled for them; `memory`, `swap`, `pids`: can be limited.
    """

    rootless: bool = False
    userns: bool = False
    selinux: bool = False
    memory: bool = True
    swap: bool = True
    pids: bool = True
    machine: str = ""

    @staticmethod
    def of(info: Mapping[str, Any]) -> "Traits":
        """From the engine's own words."""
        security = {
            part.removeprefix("name=")
            for option in info.get("SecurityOptions") or ()
            for part in option.split(",")
            if part.startswith("name=")
        }
        return Traits(
            rootless="rootless" in security,
            userns="userns" in security,
            selinux="selinux" in security,
            memory=bool(info.get("MemoryLimit", True)),
            swap=bool(info.get("SwapLimit", True)),
            pids=bool(info.get("PidsLimit", True)),
            machine=str(info.get("Architecture", "")),
        )


class Engine:
    """A connection to the engine; a context manager that leaves no container behind."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401  (the SDK has no types)
        self.client = client
        self.traits = Traits.of(client.info())
        self._own = uuid.uuid4().hex
        self._signals = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._signals.enter_context(_ended_by_signals())
        with explained("look for forgotten containers"):
            self._sweep()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            # An engine that is gone has nothing to tidy up; the error that told so is on its way.
            with tidy():
                for container in self._containers(f"{_WORKSHOP}={self._own}"):
                    container.remove(force=True, v=True)
            self.close()
        finally:
            self._signals.close()

    def close(self) -> None:
        """End the connection, where no context does."""
        self.client.close()

    @property
    def address(self) -> str:
        """The start of what its API's addresses are."""
        return f"{self.client.api.base_url}/v{self.client.api.api_version}"

    @property
    def labels(self) -> Mapping[str, str]:
        """What every container of ours carries."""
        return {_BUILD: str(os.getpid()), _HOST: socket.gethostname(), _WORKSHOP: self._own}

    def image(self, name: str, advice: str) -> Any:  # noqa: ANN401
        """The image of that name or id. Raises Missing with `advice`, BadInput for no name."""
        from docker import errors

        with explained(f"look for the image {name}"):
            try:
                return self.client.images.get(name)
            except errors.ImageNotFound as error:
                raise Missing(f"the container engine has no image {name}", advice=advice) from error
            except errors.APIError as error:
                if error.response is not None and error.response.status_code == 400:
                    raise BadInput(
                        f"'{name}' is no name of an image: {error.explanation}",
                        advice="Name it as docker run does.",
                    ) from error
                raise

    def _containers(self, *labels: str) -> list[Any]:
        found: list[Any] = self.client.containers.list(
            all=True, sparse=True, filters={"label": list(labels)}
        )
        return found

    def _sweep(self) -> None:
        """Containers of builds on this machine that were killed before they could tidy up."""
        for container in self._containers(_BUILD, f"{_HOST}={socket.gethostname()}"):
            number = (container.attrs.get("Labels") or {}).get(_BUILD, "")
            if number.isdecimal() and not _runs(int(number)):
                with tidy():
                    container.remove(force=True, v=True)


def connect() -> Engine:
    """The engine that DOCKER_HOST or Docker's current context names. Raises Missing."""
    try:
        import docker
    except ImportError as error:
        raise Missing(
            "the Docker SDK is not installed (Python package docker)",
            advice=f"Run: {extras.command('container')}",
        ) from error
    try:
        return Engine(docker.from_env(timeout=_SECONDS))
    except (docker.errors.DockerException, OSError, ValueError) as error:
        raise _unreachable(error) from error


def _unreachable(error: Exception) -> Missing:
    where = os.environ.get("DOCKER_HOST", "its usual place")
    if "Permission denied" in str(error):
        return Missing(
            f"this user may not use the container engine at {where}",
            advice="Run: sudo usermod -aG docker $USER (then log in again), or use a rootless "
            "engine.",
        )
    return Missing(
        f"no container engine answers at {where}",
        advice="Start Docker, or a podman service (podman system service --time=0) that "
        "DOCKER_HOST names.",
    )


@contextlib.contextmanager
def explained(what: str) -> Iterator[None]:
    """Turns the SDK's errors into ours: the engine that goes away, and the one that refuses."""
    import requests
    from docker import errors

    try:
        yield
    except TamisError:
        raise
    except errors.APIError as error:
        raise _refused(what, str(error.explanation or error)) from error
    except (errors.DockerException, requests.RequestException, OSError) as error:
        raise Unreachable(
            f"{what}: the container engine went away ({_last(error)})",
            advice="Start it again and repeat the command; the previous module was kept.",
        ) from error


@contextlib.contextmanager
def tidy() -> Iterator[None]:
    """What is cleared away may be gone already."""
    import requests
    from docker import errors

    with contextlib.suppress(errors.DockerException, requests.RequestException, OSError):
        yield


def _refused(what: str, why: str) -> TamisError:
    why = " ".join(why.split())
    if "no space left" in why:
        return Missing(
            f"{what}: the container engine's disk is full ({why})",
            advice="Run: docker system prune",
        )
    if "bind source path does not exist" in why or "ounts denied" in why:
        return Missing(
            f"{what}: the container engine does not see this machine's files ({why})",
            advice="Share the folder with the engine's machine, or use a local engine; TMPDIR "
            "names another place for temporary files.",
        )
    return Missing(
        f"{what}: the container engine refuses: {why}",
        advice="Look at the engine's own words; docker info tells what it can do.",
    )


def _last(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind the stack, as Ctrl-C does: so containers are removed.

    Whoever handles them already keeps doing so.
    """

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
