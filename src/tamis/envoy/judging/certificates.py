"""Certificates that say what a fixture says. Needs the extra `crypto`: import it when it is needed.

An authority and all it issued end with the Envoy they are made for.
"""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

__all__ = ["Authority", "rewritten"]

_DAY = datetime.timedelta(days=1)


def rewritten(subject: str) -> str:
    """A subject in RFC 4514's words, as a certificate gives it back. Raises ValueError."""
    return x509.Name.from_rfc4514_string(subject).rfc4514_string()


class Authority:
    """Issues certificates. `certificate`: its own, in PEM."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name.from_rfc4514_string("CN=tamis")
        own = self._builder(self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.certificate = self._signed(own)

    def issue(self, subject: str, dns: str, uri: str) -> tuple[str, str]:
        """A certificate and its private key, in PEM; "" is not in it. Raises ValueError."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name.from_rfc4514_string(subject) if subject else x509.Name([])
        builder = self._builder(name, key)
        others: list[x509.GeneralName] = [x509.DNSName(dns)] if dns else []
        others += [x509.UniformResourceIdentifier(uri)] if uri else []
        if others:
            builder = builder.add_extension(
                x509.SubjectAlternativeName(others), critical=not subject
            )
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self._signed(builder), secret.decode()

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + _DAY)
        )

    def _signed(self, builder: x509.CertificateBuilder) -> str:
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
