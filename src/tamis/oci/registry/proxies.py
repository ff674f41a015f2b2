"""Which proxy stands before a host, by HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from tamis.errors import BadInput
from tamis.oci.registry.names import is_loopback

__all__ = ["Proxy", "proxy_for"]


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where it listens, over HTTP, and what it is told of us: a value of Proxy-Authorization."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)


def proxy_for(scheme: str, netloc: str, environment: Mapping[str, str]) -> Proxy | None:
    """The proxy for a `scheme` ("http", "https") request to `netloc`; None: go there directly.

    Nothing stands between this machine and itself. Lower-case names win, as with curl. Raises
    BadInput for a proxy that cannot be used.
    """
    value = _setting(f"{scheme}_proxy", environment) or _setting("all_proxy", environment)
    if not value or is_loopback(netloc) or _direct(netloc, _setting("no_proxy", environment)):
        return None
    parts = urlsplit(value if "://" in value else f"http://{value}")
    try:
        port = parts.port or 80
    except ValueError:
        port = 0
    if parts.scheme != "http" or not parts.hostname or not port:
        shown = f"{parts.scheme}://{parts.hostname or ''}"  # the rest may hold a password
        raise BadInput(
            f"the proxy {shown} cannot be used for {netloc}",
            advice="Set HTTPS_PROXY to http://HOST:PORT, or name the registry in NO_PROXY.",
        )
    secret = ""
    if parts.username:
        from tamis.oci.registry.credentials import Credentials

        secret = Credentials(unquote(parts.username), unquote(parts.password or "")).basic
    return Proxy(parts.hostname, port, secret)


def _setting(name: str, environment: Mapping[str, str]) -> str:
    return (environment.get(name) or environment.get(name.upper()) or "").strip()


def _direct(netloc: str, exceptions: str) -> bool:
    """NO_PROXY: names with all below them, names with a port, addresses, networks, `*`."""
    parts = urlsplit(f"//{netloc}")
    name, port = (parts.hostname or "").rstrip("."), parts.port
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        address = None
    for entry in exceptions.lower().replace(" ", ",").split(","):
        if entry == "*":
            return True
        if address is not None and "/" in entry:
            try:
                if address in ipaddress.ip_network(entry, strict=False):
                    return True
            except ValueError:
                continue
        wanted, _, only = entry.rpartition(":") if entry.count(":") == 1 else (entry, "", "")
        bare = wanted.strip("[]").removeprefix("*").lstrip(".")
        if only and only != str(port):
            continue
        if bare and (name == bare or name.endswith(f".{bare}")):
            return True
    return False
