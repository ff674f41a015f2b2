"""docker-registry on a port of its own, and skopeo: what the judges of registries share."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import tool

__all__ = ["serve", "skopeo"]


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def serve(folder: Path, **settings: str) -> Iterator[str]:
    """docker-registry on a port of its own, until the test ends."""
    host = f"127.0.0.1:{_free_port()}"
    config = folder / "registry.yml"
    config.write_text(
        f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder / 'data'}}}}}\nhttp: {{addr: {host}}}\n"
    )
    environment = {"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none", **settings}
    command = [tool("docker-registry"), "serve", str(config)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _until_it_answers(server, host, folder / "log")
        yield host
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def _until_it_answers(server: subprocess.Popen[bytes], host: str, log: Path) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"http://{host}/v2/", timeout=5).close()
        except urllib.error.HTTPError as answer:
            answer.close()
            return
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail(f"docker-registry does not answer: {log.read_text()}")


def skopeo(*arguments: str) -> bytes:
    """What skopeo prints; fails with what it says."""
    command = [tool("skopeo"), "--insecure-policy", *arguments]
    ran = subprocess.run(command, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout
