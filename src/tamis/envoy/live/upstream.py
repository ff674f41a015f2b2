"""Where requests go behind a live Envoy: a server of the user's, or ours on a Unix socket."""

import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tamis.errors import BadInput

__all__ = ["Upstream", "parse", "shown"]

#: Seconds that it may take to accept one.
_SECONDS = 1.0
_PORTS = {"http": 80, "https": 443, "h2c": 80, "tcp": 0}
_ADVICE = "Write it as http://HOST:PORT, https://HOST, h2c://HOST:PORT or tcp://HOST:PORT."


@dataclass(frozen=True, slots=True)
class Upstream:
    """One server. `path`: a Unix socket instead of host and port; it speaks HTTP/2.

    `tls`: its certificate must be one that this machine trusts, and it chooses the protocol (ALPN).
    `http2`: it speaks HTTP/2 alone; else gRPC goes by HTTP/2, and all else by HTTP/1.1.
    """

    host: str = "127.0.0.1"
    port: int = 0
    tls: bool = False
    http2: bool = False
    path: Path | None = None

    def __str__(self) -> str:
        return str(self.path) if self.path else shown(self.host, self.port)

    def listens(self) -> bool:
        """Whether somebody accepts connections there now."""
        try:
            socket.create_connection((self.host, self.port), timeout=_SECONDS).close()
        except OSError:
            return False
        return True


def shown(host: str, port: int) -> str:
    """As URLs have it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse(text: str, option: str = "--upstream") -> Upstream:
    """What the user names by `option`: a URL without a path, or HOST:PORT. Raises BadInput."""
    url = urlsplit(text if "://" in text else f"http://{text}")
    try:
        port = url.port
    except ValueError:
        port = -1
    if url.scheme not in _PORTS or not url.hostname or port == -1 or url.username is not None:
        raise BadInput(f"{option} '{text}': not a server's address", advice=_ADVICE)
    if url.path.strip("/") or url.query or url.fragment:
        raise BadInput(
            f"{option} '{text}': requests have a path of their own",
            advice=f"Say {url.scheme}://{url.netloc}.",
        )
    port = _PORTS[url.scheme] if port is None else port
    if not port:
        raise BadInput(f"{option} '{text}': the port is missing", advice=_ADVICE)
    return Upstream(url.hostname, port, url.scheme == "https", url.scheme == "h2c")
