"""Registry names as people write them, and where they really are."""

import ipaddress
import re

__all__ = ["api_host", "api_repository", "is_loopback", "is_tag"]

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
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_tag(text: str) -> bool:
    """Whether `text` may be a tag (OCI distribution spec, "Pulling manifests")."""
    return bool(_TAG.match(text))
