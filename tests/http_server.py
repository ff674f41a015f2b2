"""A server of HTTP on loopback, in a thread of its own."""

import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

__all__ = ["Serving"]


class Serving:
    """`with Serving(handler) as served:` serves at `served.host` until the block ends.

    `tls`: who it is, to those who speak TLS to it. `waits`: until every request is over, at the
    end; a client that keeps its connection would hold it up.
    """

    #: How others may leave in the middle; whatever else happens is the test's own and is shown.
    leaving: tuple[type[BaseException], ...] = (ConnectionError,)

    def __init__(
        self,
        handler: type[BaseHTTPRequestHandler],
        tls: ssl.SSLContext | None = None,
        *,
        waits: bool = False,
    ) -> None:
        self._server = _Server(("127.0.0.1", 0), handler)
        self._server.leaving = self.leaving
        self._server.daemon_threads = not waits
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def host(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    leaving: tuple[type[BaseException], ...]

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), self.leaving):
            super().handle_error(request, client_address)
