"""What follows from the properties that a fixture names: Envoy has that, too."""

import struct
from collections.abc import Iterator, Mapping

from tamis.abi.properties import pairs
from tamis.abi.serialized import entries

__all__ = ["complete", "secure"]

_Path = tuple[str, ...]

#: What only TLS has; "" of a text, and false, are what a plain connection has as well.
_TLS = ("tls_version", "mtls", "requested_server_name", "sha256_peer_certificate_digest")
_NAMES = ("subject", "dns_san", "uri_san")
_LOCAL, _PEER = (
    tuple(("connection", f"{kind}_{end}_certificate") for kind in _NAMES)
    for end in ("local", "peer")
)
#: The rest of what a peer's certificate tells.
_PEER_TOO = (("connection", "sha256_peer_certificate_digest"), ("connection", "peer_certificate"))
_NOTHING = (b"", b"\0")


def secure(properties: Mapping[_Path, bytes]) -> bool:
    """Whether the client's connection is TLS."""
    telling = (*(("connection", name) for name in _TLS), *_LOCAL, *_PEER, *_PEER_TOO)
    return any(properties.get(path, b"") not in _NOTHING for path in telling)


def complete(properties: Mapping[_Path, bytes]) -> Mapping[_Path, bytes]:
    """`properties` and what follows from them; what a fixture names itself stays as it is.

    An address has a port; TLS has a version, names and, with a peer's, both sides' certificates;
    a map in metadata has parts, and parts have a map.
    """
    found = dict(properties)
    for path, value in properties.items():
        if path[1:] == ("address",):
            port = value.rpartition(b":")[2]
            if port.isdigit():
                found.setdefault((path[0], "port"), struct.pack("<q", int(port)))
        for inner, part in _parts(path, value):
            found.setdefault(inner, part)
    for path, value in (*_secured(properties), *_secured_upstream(properties)):
        found.setdefault(path, value)
    for path, value in _wholes(found):
        found.setdefault(path, value)
    return found


def _secured(properties: Mapping[_Path, bytes]) -> Iterator[tuple[_Path, bytes]]:
    if not secure(properties):
        return
    mutual = any(path in properties for path in (*_PEER, *_PEER_TOO))
    yield ("connection", "tls_version"), b"TLSv1.3"
    yield ("connection", "mtls"), b"\1" if mutual else b"\0"
    # A server has a name; a client need not.
    named = any(path in properties for path in _LOCAL)
    yield _LOCAL[0], b"" if named else b"CN=tamis"
    yield _PEER[0], b""


def _secured_upstream(properties: Mapping[_Path, bytes]) -> Iterator[tuple[_Path, bytes]]:
    """The same, where Envoy is the client."""
    ours = [("upstream", name) for _, name in (*_PEER, *_PEER_TOO)]
    envoys = [("upstream", name) for _, name in _LOCAL]
    if any(path in properties for path in (*ours, *envoys, ("upstream", "tls_version"))):
        yield ("upstream", "tls_version"), b"TLSv1.3"
        yield envoys[0], b""
        yield ours[0], b"" if any(path in properties for path in ours) else b"CN=tamis"


def _parts(path: _Path, value: bytes) -> Iterator[tuple[_Path, bytes]]:
    found = entries(value) if _inside(path) else None
    # What has no values is a list; that reads like a map of empty texts, and is said more often.
    if found and any(part for _, part in found):
        for key, part in found:
            inner = (*path, key.decode("utf-8", "surrogateescape"))
            yield inner, part
            yield from _parts(inner, part)


def _wholes(properties: Mapping[_Path, bytes]) -> Iterator[tuple[_Path, bytes]]:
    """Maps that nobody named, of their parts, the innermost first; Envoy's order is any."""
    trees: dict[_Path, dict[str, bytes]] = {}
    for path, value in properties.items():
        if _inside(path[:-1]):
            trees.setdefault(path[:-1], {})[path[-1]] = value
    while trees:
        path = max(trees, key=len)
        items = sorted(trees.pop(path).items())
        whole = properties.get(path)
        if whole is None:
            whole = pairs([(key.encode("utf-8", "surrogateescape"), part) for key, part in items])
            yield path, whole
        if _inside(path[:-1]):
            trees.setdefault(path[:-1], {}).setdefault(path[-1], whole)


def _inside(path: _Path) -> bool:
    """Whether `path` is a Struct of metadata, or lies in one."""
    return path[:3] == ("xds", "node", "metadata") or "filter_metadata" in path
