"""TLS of the client's connection, where a fixture names what only TLS has.

Certificates are made on the fly, for one Envoy each, by an authority that ends with it.
"""

import re
import ssl
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from types import ModuleType

from tamis import extras
from tamis.envoy.judging import values
from tamis.envoy.judging.values import Unsayable
from tamis.envoy.plugins import TYPE, Json
from tamis.envoy.wire.opening import Secured
from tamis.errors import Missing

__all__ = ["MEANS", "Keys", "Tls", "read"]

_ENDS = ("local", "peer")
_KINDS = ("subject", "dns", "uri")
#: Names in properties.toml of what TLS tells.
MEANS = frozenset(
    {"mtls", "server_name", "tls_version", *(f"{end}_{kind}" for end in _ENDS for kind in _KINDS)}
)
_VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
#: What TLS has as the name of a server: no address, no dot at its end.
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z\d_-]{1,63}(\.[a-z\d_-]{1,63})*\.?(?<![\d.])\Z", re.ASCII)
_CONTEXT = TYPE + "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"


@dataclass(frozen=True, slots=True)
class Names:
    """Whom a certificate is about, "" is not in it; `subject` as RFC 4514 writes it."""

    subject: str = ""
    dns: str = ""
    uri: str = ""


#: Envoy starts only with a certificate that has a name.
_NAMELESS = Names("CN=tamis")


@dataclass(frozen=True, slots=True)
class Tls:
    """A connection over TLS: Envoy's certificate says `local`, the client's `peer` (None: it has
    none). `server_name`: what the client asks for, "" nothing.
    """

    version: str = "TLSv1.3"
    server_name: str = ""
    local: Names = _NAMELESS
    peer: Names | None = None


class Keys:
    """What both ends need for one `Tls`. Raises Missing without the extra."""

    def __init__(self, tls: Tls) -> None:
        authority = _certificates().Authority()
        self._tls = tls
        self._trusted: str = authority.certificate
        self._server: tuple[str, str] = authority.issue(*astuple(tls.local))
        self._client: tuple[str, str] | None = None
        if tls.peer is not None:
            self._client = authority.issue(*astuple(tls.peer))

    def transport(self) -> Json:
        """Envoy's side: the transport_socket of a filter chain."""
        version = self._tls.version.replace(".", "_")
        certificate, key = self._server
        common: Json = {
            "tls_params": {
                "tls_minimum_protocol_version": version,
                "tls_maximum_protocol_version": version,
            },
            "tls_certificates": [
                {
                    "certificate_chain": {"inline_string": certificate},
                    "private_key": {"inline_string": key},
                }
            ],
        }
        if self._client:
            common["validation_context"] = {"trusted_ca": {"inline_string": self._trusted}}
        typed = {
            "@type": _CONTEXT,
            "common_tls_context": common,
            "require_client_certificate": self._client is not None,
        }
        return {"name": "envoy.transport_sockets.tls", "typed_config": typed}

    def context(self, folder: Path) -> ssl.SSLContext:
        """The client's side; its key is put into `folder`, from where alone Python reads one."""
        found = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        found.sslsocket_class = Secured
        found.check_hostname = False
        found.verify_mode = ssl.CERT_NONE
        found.minimum_version = found.maximum_version = _VERSIONS[self._tls.version]
        if self._client:
            both = folder / "client.pem"
            both.write_text("".join(self._client))
            found.load_cert_chain(both)
        return found


def read(given: Mapping[str, bytes]) -> Tls | None:
    """What `given`, by MEANS, asks for; None: no TLS. Raises Unsayable, Missing."""
    said = {how: values.text(value) for how, value in given.items() if how != "mtls"}
    mutual = given.get("mtls", b"\0") != b"\0"
    version, server_name = said.pop("tls_version", ""), said.pop("server_name", "")
    if version and version not in _VERSIONS:
        raise Unsayable(f"the client of the judge speaks {' and '.join(_VERSIONS)}")
    local, peer = (_names(end, said) for end in _ENDS)
    if local == Names():
        local = _NAMELESS
    if not mutual and "mtls" in given and any(how.startswith("peer") for how in said):
        raise Unsayable("connection.mtls is false, and the peer has a certificate")
    if not (mutual or version or server_name or said):
        return None
    _check(local, peer, server_name)
    theirs = peer if mutual or any(how.startswith("peer") for how in said) else None
    return Tls(version or "TLSv1.3", server_name, local, theirs)


def _names(end: str, said: Mapping[str, str]) -> Names:
    return Names(*(said.get(f"{end}_{kind}", "") for kind in _KINDS))


def _check(local: Names, peer: Names, server_name: str) -> None:
    try:
        for names in (local, peer):
            again = _certificates().rewritten(names.subject)
            if again != names.subject:
                raise Unsayable(f"a certificate's subject would read {again!r}")
            _certificates().Authority().issue(*astuple(names))
    except ValueError as error:
        raise Unsayable(f"no certificate can carry such names: {error}") from None
    if server_name and not _HOST.match(server_name):
        raise Unsayable("a client asks for a host name, as DNS has it")


def _certificates() -> ModuleType:
    try:
        from tamis.envoy.judging import certificates
    except ImportError as error:
        raise Missing(
            "properties of a TLS connection take certificates, and the extra 'crypto' is missing",
            advice=f"Run: {extras.command('crypto')}",
        ) from error
    return certificates
