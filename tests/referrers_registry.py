"""olareg on a port of its own: a registry with the referrers API, which docker-registry lacks."""

import os
from collections.abc import Iterator
from pathlib import Path

from tests.go_judges import olareg
from tests.serving import address, serving

__all__ = ["serve"]


def serve(folder: Path, *options: str) -> Iterator[str]:
    """Serves what is in `folder`, as OCI layout folders, until the test ends.

    `options`: of `olareg serve`, say `--api-delete` or `--api-referrer=false`.
    """
    host = address()
    name, _, port = host.partition(":")
    data = folder / "data"
    data.mkdir(exist_ok=True)
    command = [str(olareg()), "serve", "--addr", name, "--port", port, "--dir", str(data), *options]
    yield from serving(command, host, folder, {"PATH": os.environ["PATH"]})
