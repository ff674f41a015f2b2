"""Addresses that a fixture gives the ends of a connection, and the PROXY header that tells them."""

import ipaddress
import re
from dataclasses import dataclass

from tamis.envoy.judging.values import Unsayable

__all__ = ["Address", "header", "of", "with_port"]

_ADDRESS = re.compile(r"(?:(?P<four>[\d.]+)|\[(?P<six>[\da-f:.]+)\]):(?P<port>\d{1,5})\Z", re.ASCII)
_LAST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address, without brackets, and a port; "" is any, without a port none."""

    ip: str = ""
    port: int = 0

    def __bool__(self) -> bool:
        return bool(self.ip or self.port)

    @property
    def six(self) -> bool:
        """Whether it is of IPv6."""
        return ":" in self.ip

    def whole(self, *, six: bool = False) -> "Address":
        """With an IP address of this machine, where it has none."""
        return Address(self.ip or ("::1" if six else "127.0.0.1"), self.port)


def of(text: str) -> Address:
    """The address as Envoy writes it: 10.0.0.1:80, [::1]:80. Raises Unsayable."""
    found = _ADDRESS.match(text)
    try:
        ip = str(ipaddress.ip_address(found["four"] or found["six"] if found else ""))
    except ValueError:
        raise Unsayable("Envoy writes an address as 10.0.0.1:80 or [::1]:80") from None
    assert found
    port = int(found["port"])
    same = f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
    if same != text:
        raise Unsayable(f"Envoy writes this address as {same}")
    return with_port(Address(ip, port), port)


def with_port(address: Address, port: int) -> Address:
    """The address, of which a property tells the port, too. Raises Unsayable."""
    if not 0 <= port <= _LAST_PORT:
        raise Unsayable(f"a port is at most {_LAST_PORT}")
    if address.ip and address.port != port:
        raise Unsayable(f"its address has the port {address.port}")
    return address if address.ip else Address("", port)


def header(source: Address, destination: Address) -> bytes:
    """The PROXY protocol's line, "" for no ends; one that nobody named is of the other's kind."""
    if not source and not destination:
        return b""
    six = source.six or destination.six
    one, two = source.whole(six=six), destination.whole(six=six)
    kind = "TCP6" if six else "TCP4"
    return f"PROXY {kind} {one.ip} {two.ip} {one.port} {two.port}\r\n".encode()
