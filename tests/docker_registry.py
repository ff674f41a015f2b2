"""docker-registry on a port of its own, and skopeo: what the judges of registries share."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import tool
from tests.serving import address, serving

__all__ = ["serve", "skopeo"]


def serve(folder: Path, **settings: str) -> Iterator[str]:
    """docker-registry on a port of its own, until the test ends."""
    host = address()
    config = folder / "registry.yml"
    config.write_text(
        f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder / 'data'}}}}}\nhttp: {{addr: {host}}}\n"
    )
    environment = {"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none", **settings}
    yield from serving([tool("docker-registry"), "serve", str(config)], host, folder, environment)


def skopeo(*arguments: str) -> bytes:
    """What skopeo prints; fails with what it says."""
    command = [tool("skopeo"), "--insecure-policy", *arguments]
    ran = subprocess.run(command, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout
