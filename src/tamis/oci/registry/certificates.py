"""Whom we trust and who we are in TLS: the system's authorities, SSL_CERT_FILE and the folders of
docker and containers for one registry: `certs.d/HOST:PORT/{*.crt,*.cert,*.key}`.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from tamis.errors import BadInput, Place

__all__ = ["SYSTEM", "context_for"]

#: Where administrators put the certificates of registries, in the order of looking.
SYSTEM = (Path("/etc/containers/certs.d"), Path("/etc/docker/certs.d"))
#: Variables that name a file of authorities, in place of the system's.
_FILES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_ADVICE = "Name PEM certificates that you may read, or remove them."


def context_for(host: str, environment: Mapping[str, str], *, trusting: bool) -> ssl.SSLContext:
    """The TLS settings for `host` (`NAME[:PORT]`). `trusting`: whoever answers is believed.

    Raises BadInput for certificates that cannot be read.
    """
    context = _trusted(environment)
    for folder in _folders(host, environment):
        for authority in sorted(folder.glob("*.crt")):
            _load(authority, partial(context.load_verify_locations, authority))
        for certificate in sorted(folder.glob("*.cert")):
            key = certificate.with_suffix(".key")
            if not key.is_file():
                raise BadInput(
                    f"the client certificate has no key {key.name} beside it",
                    advice=_ADVICE,
                    at=Place(certificate),
                )
            # Without a password here, OpenSSL would ask for one at the terminal.
            _load(certificate, partial(context.load_cert_chain, certificate, key, ""))
        break
    if trusting:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _trusted(environment: Mapping[str, str]) -> ssl.SSLContext:
    """The system's authorities, or those that the user names; certifi's where there are none."""
    for name in _FILES:
        if value := environment.get(name):
            path = Path(value)
            return _only(path)
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not (context.cert_store_stats()["x509_ca"] or paths.capath or paths.cafile):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _only(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if path.is_dir():
        _load(path, partial(context.load_verify_locations, capath=path))
    else:
        _load(path, partial(context.load_verify_locations, path))
    return context


def _folders(host: str, environment: Mapping[str, str]) -> Iterator[Path]:
    home = Path(environment.get("HOME") or Path.home())
    settings = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    for root in (settings / "containers" / "certs.d", *SYSTEM):
        folder = root / host
        if folder.is_dir():
            yield folder


def _load(path: Path, load: Callable[[], None]) -> None:
    try:
        load()
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        why = error.strerror or "it is no PEM certificate" if isinstance(error, OSError) else error
        raise BadInput(
            f"cannot read the certificate: {why}", advice=_ADVICE, at=Place(path)
        ) from error
