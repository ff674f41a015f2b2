"""Registry names as people write them, and where they really are."""

import ipaddress
import re

__all__ = ["api_host", "api_repository", "is_inside", "is_loopback", "is_tag"]

_HUB = frozenset({"docker.io", "index.docker.io"})
_HUB_API = "registry-1.docker.io"
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}\Z")


def api_host(host: str) -> str:
    """Where a registry's API answers: Docker Hub's is not at docker.io."""
    return _HUB_API if host in _HUB else host


def api_repository(host: str, repository: str) -> str:
    """A repository's name in the API: Docker Hub's official ones live in `library/`."""
    if api_host(host) == _HUB_API and "/" not in repository:
        return f"library/{repository}"
    return repository


def is_loopback(host: str) -> bool:
    """Whether `host` (`NAME[:PORT]`, `[IPV6][:PORT]`) is this machine, by its name alone."""
    address = _address(host)
    return _is_local(host) if address is None else address.is_loopback


def is_inside(host: str) -> bool:
    """Whether `host` is an address that only this machine or its own network reaches."""
    address = _address(host)
    return _is_local(host) if address is None else not address.is_global


def _name(host: str) -> str:
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _is_local(host: str) -> bool:
    return _name(host) == "localhost" or _name(host).endswith(".localhost")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(_name(host))
    except ValueError:
        return None


def is_tag(text: str) -> bool:
    """Whether `text` may be a tag (OCI distribution spec, "Pulling manifests")."""
    return bool(_TAG.match(text))
