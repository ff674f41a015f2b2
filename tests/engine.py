"""A Docker engine of the tests' own: its files, socket and containers end with it. Needs root."""

import os
import shutil
import signal
import socket as socketlib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from tests.conftest import tool

__all__ = ["RunningEngine", "running_engine"]


@dataclass(frozen=True)
class RunningEngine:
    """A dockerd: `address` is what DOCKER_HOST takes."""

    process: "subprocess.Popen[bytes]"
    socket: Path
    client: Any

    @property
    def address(self) -> str:
        return f"unix://{self.socket}"

    def containers(self) -> list[Any]:
        """All that are there, in any state."""
        found: list[Any] = self.client.containers.list(all=True, sparse=True)
        return found


@contextmanager
def running_engine() -> Iterator[RunningEngine]:
    """A short path, for socket names are bounded; /var/tmp, for /tmp may be no place for images."""
    folder = Path(tempfile.mkdtemp(prefix="tamis-engine-", dir="/var/tmp"))
    folder.chmod(0o755)
    (folder / "config.json").write_text("{}")
    socket = folder / "sock"
    command = [
        tool("dockerd"), "--config-file", folder / "config.json",
        "--data-root", folder / "data", "--exec-root", folder / "exec",
        "--pidfile", folder / "pid", "-H", f"unix://{socket}",
        "--iptables=false", "--ip6tables=false", "--bridge=none",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        client = _answering(process, socket, folder / "log")
        try:
            yield RunningEngine(process, socket, client)
        finally:
            client.close()
    finally:
        _end(process, folder)


def _answering(process: "subprocess.Popen[bytes]", socket: Path, log: Path) -> Any:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()[-4000:]
        with socketlib.socket(socketlib.AF_UNIX) as probe:
            if probe.connect_ex(str(socket)) == 0:
                return docker.DockerClient(base_url=f"unix://{socket}")
        time.sleep(0.1)
    raise AssertionError(log.read_text()[-4000:])


def _end(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    """dockerd ends its containerd; a killed one leaves it and its containers to us."""
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for number in _processes(folder):
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    for line in reversed(Path("/proc/self/mountinfo").read_text().splitlines()):
        place = line.split()[4]
        if place.startswith(f"{folder}/"):
            subprocess.run(["umount", "-l", place], check=False)
    shutil.rmtree(folder, ignore_errors=True)


def _processes(folder: Path) -> list[int]:
    """Those whose command names the folder (containerd, its shims), and what these started."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"{folder}/".encode() in (place / "cmdline").read_bytes():
                found.append(int(place.name))
    for number in found:  # grows meanwhile
        with suppress(OSError):
            for children in Path(f"/proc/{number}/task").glob("*/children"):
                found += [each for each in map(int, children.read_text().split())
                          if each not in found]  # fmt: skip
    return [number for number in found if number != os.getpid()]
