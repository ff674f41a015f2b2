"""A server of HTTP on loopback, in a thread of its own."""

import ssl
import threading
from http.server import ThreadingHTTPServer
from typing import Self

__all__ = ["Serving"]


class Serving:
    """`with Serving(server) as served:` serves at `served.host` until the block ends. `tls`: who it
    is, to those who speak TLS to it.
    """

    def __init__(self, server: ThreadingHTTPServer, tls: ssl.SSLContext | None = None) -> None:
        self._server = server
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        self._thread = threading.Thread(target=server.serve_forever, args=(0.01,))

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
