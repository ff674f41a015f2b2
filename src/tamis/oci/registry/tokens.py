"""Logging in to a registry: its challenge, our credentials, and the tokens they buy.

oras' own backend sends the token of the first HEAD (pull only) with the upload that follows, and so
cannot push to distribution-style registries. Here each kind of access has a token of its own, asked
for with the scope it needs. Source of facts: the distribution token authentication specification.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from oras.auth.token import TokenAuth

from tamis.errors import Unreachable
from tamis.oci.registry.credentials import Credentials, find
from tamis.oci.registry.names import is_loopback
from tamis.oci.registry.wire import Wire, message

__all__ = ["Challenge", "Tokens", "challenges"]

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PARAMETER = re.compile(r'([A-Za-z0-9!#$%&\'*+.^_`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')
_READING = frozenset({"GET", "HEAD"})
_CLIENT = "tamis"


@dataclass(frozen=True, slots=True)
class Challenge:
    """One of the ways in that a 401 offers; scheme and parameter names are lower case."""

    scheme: str
    parameters: Mapping[str, str]


def challenges(header: str) -> tuple[Challenge, ...]:
    """Read a `WWW-Authenticate` value, of several challenges too (RFC 9110, 11.6.1)."""
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


class Tokens(TokenAuth):  # type: ignore[misc]  # oras has no types
    """The authentication of one repository, in place of oras' backend."""

    def __init__(self, wire: Wire, repository: str, registry: str, *, plain: bool) -> None:
        super().__init__()
        self._wire = wire
        self._repository = repository
        self._registry = registry
        self._plain = plain
        self._challenge: Challenge | None = None
        self._tokens: dict[str, str] = {}
        self._basic: str | None = None

    def headers_for(self, method: str) -> dict[str, str]:
        """What a request should carry, as far as it is known what the registry wants."""
        if self._basic:
            return {"Authorization": self._basic}
        if self._challenge is None:
            return {}
        return {"Authorization": f"Bearer {self._token(_access(method))}"}

    def authenticate_request(
        self,
        original: requests.Response,
        headers: dict[str, str] | None,
        refresh: bool = False,  # noqa: ARG002  (oras' signature)
    ) -> tuple[dict[str, str], bool]:
        """Answer a 401: (headers for a second try, whether one makes sense). Always a new token."""
        known = dict(headers or {})
        offered = challenges(original.headers.get("WWW-Authenticate", ""))
        bearer = next(
            (c for c in offered if c.scheme == "bearer" and "realm" in c.parameters), None
        )
        if bearer:
            self._challenge = bearer
            self._tokens.clear()
            access = _access(original.request.method or "GET")
            return {**known, "Authorization": f"Bearer {self._token(access)}"}, True
        credentials = self._credentials()
        if any(c.scheme == "basic" for c in offered) and credentials and credentials.username:
            self._basic = credentials.basic
            return {**known, "Authorization": self._basic}, True
        return known, False

    def refused(self, said: str, doing: str) -> Unreachable:
        """The error for a 401 or 403, what the registry `said`, and what to do about it."""
        host = self._wire.host
        who = "these credentials" if self._credentials() else "anonymous users"
        return Unreachable(
            f"{host} does not let {who} {doing} {self._repository} ({said})",
            advice=f"Run: docker login {host} (with an account that may {doing} it).",
        )

    def _credentials(self) -> Credentials | None:
        return find(self._wire.host)

    def _token(self, access: str) -> str:
        """A token that may push may pull; else a new one for exactly this access."""
        token = self._tokens.get(access) or self._tokens.get("pull,push")
        if not token:
            token = self._tokens[access] = self._fetch(access)
        return token

    def _fetch(self, access: str) -> str:
        assert self._challenge
        realm = self._realm(self._challenge.parameters["realm"])
        credentials = self._credentials()
        parameters = {"scope": self._scopes(self._challenge.parameters.get("scope", ""), access)}
        if service := self._challenge.parameters.get("service"):
            parameters["service"] = [service]
        secret = credentials.identity_token if credentials else ""
        if secret and (token := self._exchange(realm, parameters, secret)):
            return token
        headers = (
            {"Authorization": credentials.basic} if credentials and credentials.username else {}
        )
        request = requests.Request("GET", realm, params=parameters).prepare()
        response = self._wire.send("GET", request.url or realm, headers=headers)
        if response.status_code in {401, 403}:
            doing = "push to" if "push" in access else "pull from"
            raise self.refused(message(response), doing)
        return self._read(response)

    def _exchange(self, realm: str, parameters: Mapping[str, list[str]], secret: str) -> str | None:
        """OAuth 2: an identity token for an access token; None where the server cannot do it."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": secret,
            "client_id": _CLIENT,
            "service": "".join(parameters.get("service", [])),
            "scope": " ".join(parameters["scope"]),
        }
        response = self._wire.send("POST", realm, data=form)
        return None if response.status_code in {404, 405} else self._read(response)

    def _read(self, response: requests.Response) -> str:
        try:
            document = response.json() if response.status_code == 200 else {}
            token = document.get("token") or document.get("access_token")
        except (ValueError, AttributeError):
            token = None
        if isinstance(token, str) and token:
            return token
        raise Unreachable(
            f"{self._wire.host}: its token server gives no token ({message(response)})",
            advice=f"Try again later, or run: docker login {self._wire.host}.",
        )

    def _scopes(self, asked: str, access: str) -> list[str]:
        """What we need on our repository first, then what else the challenge asks for."""
        ours = f"repository:{self._repository}:"
        others = [scope for scope in asked.split() if not scope.startswith(ours)]
        return [f"{ours}{access}", *others]

    def _realm(self, realm: str) -> str:
        """Credentials go over TLS, or stay on the machine or the host that was chosen without."""
        parts = urlsplit(realm)
        near = self._plain and (is_loopback(parts.netloc) or parts.netloc == self._registry)
        if parts.scheme == "https" or (parts.scheme == "http" and near):
            return realm
        raise Unreachable(
            f"{self._wire.host} sends us for a token to {realm!r}, which is not https",
            advice="Do not log in there: ask who runs the registry.",
        )


def _access(method: str) -> str:
    return "pull" if method in _READING else "pull,push"
