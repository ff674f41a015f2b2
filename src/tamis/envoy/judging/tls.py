"""TLS of the client's connection, or of that to the upstream, where a fixture names what it has.

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

__all__ = ["Keys", "Names", "Tls", "downstream", "upstream"]

_ENDS = ("local", "peer")
_KINDS = ("subject", "dns", "uri")
_VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
#: What TLS has as the name of a server: no address, no dot at its end.
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z\d_-]{1,63}(\.[a-z\d_-]{1,63})*\.?(?<![\d.])\Z", re.ASCII)
_TLS = TYPE + "envoy.extensions.transport_sockets.tls.v3."


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
    """A connection over TLS: Envoy's certificate says `local`, ours `peer`; None: none is shown.

    `server_name`: what the client asks for, "" nothing. `serving`: Envoy is the server.
    """

    version: str = "TLSv1.3"
    server_name: str = ""
    local: Names | None = _NAMELESS
    peer: Names | None = None
    serving: bool = True


class Keys:
    """What both ends need for one `Tls`. Raises Missing without the extra."""

    def __init__(self, tls: Tls) -> None:
        authority = _certificates().Authority()
        self._tls = tls
        self._trusted: str = authority.certificate
        self._envoys, self._ours = (
            None if names is None else authority.issue(*astuple(names))
            for names in (tls.local, tls.peer)
        )

    def transport(self) -> Json:
        """Envoy's side: a transport_socket."""
        version = self._tls.version.replace(".", "_")
        common: Json = {
            "tls_params": {
                "tls_minimum_protocol_version": version,
                "tls_maximum_protocol_version": version,
            },
        }
        if self._envoys:
            chain, key = ({"inline_string": each} for each in self._envoys)
            common["tls_certificates"] = [{"certificate_chain": chain, "private_key": key}]
        typed: Json = {"@type": f"{_TLS}UpstreamTlsContext", "common_tls_context": common}
        if self._tls.serving:
            typed["@type"] = f"{_TLS}DownstreamTlsContext"
            typed["require_client_certificate"] = self._ours is not None
            if self._ours:
                common["validation_context"] = {"trusted_ca": {"inline_string": self._trusted}}
        return {"name": "envoy.transport_sockets.tls", "typed_config": typed}

    def context(self, folder: Path) -> ssl.SSLContext:
        """Our side; a key is put into `folder`, from where alone Python reads one."""
        kind = ssl.PROTOCOL_TLS_CLIENT if self._tls.serving else ssl.PROTOCOL_TLS_SERVER
        found = ssl.SSLContext(kind)
        found.sslsocket_class = Secured
        found.check_hostname = False
        found.verify_mode = ssl.CERT_NONE
        found.minimum_version = found.maximum_version = _VERSIONS[self._tls.version]
        if self._ours:
            both = folder / ("client.pem" if self._tls.serving else "server.pem")
            both.write_text("".join(self._ours))
            found.load_cert_chain(both)
        return found


def downstream(given: Mapping[str, bytes]) -> Tls | None:
    """What the client's connection must be to have what is `given`, by the names of
    properties.toml; None: without TLS. Raises Unsayable, Missing.
    """
    said = {how: values.text(value) for how, value in given.items() if how != "mtls"}
    version, server_name = said.pop("tls_version", ""), said.pop("server_name", "")
    local, peer = (_names(end, said) for end in _ENDS)
    mutual = given.get("mtls", b"\0") != b"\0"
    if peer and not mutual and "mtls" in given:
        raise Unsayable("connection.mtls is false, and the peer has a certificate")
    if not (mutual or version or server_name or said):
        return None
    if server_name and not _HOST.match(server_name):
        raise Unsayable("a client asks for a host name, as DNS has it")
    peer = peer or (Names() if mutual else None)
    return Tls(_version(version), server_name, _checked(local or _NAMELESS), _checked(peer))


def upstream(given: Mapping[str, bytes]) -> Tls | None:
    """The same of the connection to our upstream."""
    said = {how: values.text(value) for how, value in given.items()}
    if not said:
        return None
    version = _version(said.pop("tls_version", ""))
    local, peer = (_checked(_names(end, said)) for end in _ENDS)
    return Tls(version, local=local, peer=peer or _NAMELESS, serving=False)


def _version(said: str) -> str:
    if said and said not in _VERSIONS:
        raise Unsayable(f"both ends speak {' and '.join(_VERSIONS)}")
    return said or "TLSv1.3"


def _names(end: str, said: Mapping[str, str]) -> Names | None:
    found = Names(*(said.get(f"{end}_{kind}", "") for kind in _KINDS))
    return found if any(how.startswith(end) for how in said) else None


def _checked(names: Names | None) -> Names | None:
    """Raises Unsayable for what no certificate can carry."""
    if names is None:
        return None
    try:
        again = _certificates().rewritten(names.subject)
        if again != names.subject:
            raise Unsayable(f"a certificate's subject would read {again!r}")
        _certificates().Authority().issue(*astuple(names))
    except ValueError as error:
        raise Unsayable(f"no certificate can carry such names: {error}") from None
    return names


def _certificates() -> ModuleType:
    try:
        from tamis.envoy.judging import certificates
    except ImportError as error:
        raise Missing(
            "properties of a TLS connection take certificates, and the extra 'crypto' is missing",
            advice=f"Run: {extras.command('crypto')}",
        ) from error
    return certificates
