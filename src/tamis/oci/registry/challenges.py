"""What a registry's 401 offers: the `WWW-Authenticate` header (RFC 9110, 11.6.1)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Challenge", "challenges"]

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PARAMETER = re.compile(r'([A-Za-z0-9!#$%&\'*+.^_`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """One of the ways in that a 401 offers; scheme and parameter names are lower case."""

    scheme: str
    parameters: Mapping[str, str]


def challenges(header: str) -> tuple[Challenge, ...]:
    """Read a `WWW-Authenticate` value, of several challenges too."""
    found: list[tuple[str, dict[str, str]]] = []
    at = 0
    while at < len(header):
        if parameter := _PARAMETER.match(header, at):
            name, quoted, plain = parameter.groups()
            if found:
                value = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
                found[-1][1][name.lower()] = value
            at = parameter.end()
        elif scheme := _TOKEN.match(header, at):
            found.append((scheme.group().lower(), {}))
            at = scheme.end()
        else:
            at += 1
    return tuple(Challenge(scheme, parameters) for scheme, parameters in found)
