"""Logging in to a registry: its challenge, our credentials, and the tokens they buy.

Each kind of access has a token of its own, asked for with the scope it needs: the token of a first
HEAD may pull only, and does not do for the upload that follows. Threads share them. Source of
facts: the distribution token authentication specification.
"""

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlencode, urlsplit

from tamis.errors import Unreachable
from tamis.oci.registry.answers import Answer, Broken
from tamis.oci.registry.challenges import Challenge, challenges
from tamis.oci.registry.credentials import Credentials, find
from tamis.oci.registry.names import is_inside, is_loopback
from tamis.oci.registry.wire import Refusal, Wire, refusal

__all__ = ["PULL", "PUSH", "Access", "Denied", "Tokens"]

#: What is done to a repository; as a scope has it.
Access = Literal["pull", "pull,push"]
PULL: Access = "pull"
PUSH: Access = "pull,push"

_CLIENT = "tamis"
#: Seconds that a token lives when its server does not say; and bytes that it may take.
_LIFE = 60.0
_MAX_ANSWER = 1 << 20
_ADVICE = "Do not log in there: ask who runs the registry."


class Denied(Unreachable):
    """The registry knows what we want and does not let us."""


@dataclass(frozen=True, slots=True)
class _Token:
    value: str = field(repr=False)
    until: float  # of the monotonic clock


class Tokens:
    """The authentication of one repository; `registry` is the API's host.

    `known`: these credentials, not those that are kept for the host.
    """

    def __init__(
        self, wire: Wire, repository: str, registry: str, known: Credentials | None = None
    ) -> None:
        self._wire = wire
        self._repository = repository
        self._registry = registry
        self._known = known
        self._looked = known is not None
        self._challenge: Challenge | None = None
        self._further: tuple[str, ...] = ()
        self._tokens: dict[tuple[str, str], _Token] = {}
        self._basic = ""
        self._lock = threading.RLock()

    def headers_for(self, access: Access, also: str = "") -> dict[str, str]:
        """What a request should carry, as far as it is known what the registry wants.

        `also`: another repository that is read for it. Raises Denied, Unreachable.
        """
        with self._lock:
            if self._basic:
                return {"Authorization": self._basic}
            if self._challenge is None:
                return {}
            return {"Authorization": f"Bearer {self._token(self._challenge, access, also)}"}

    def renewed(
        self, answer: Answer, used: str, access: Access, also: str = ""
    ) -> dict[str, str] | None:
        """The headers with which to ask once more after a 401 (a 403 with a challenge); None where
        that makes no sense. `used`: the Authorization that was refused.
        """
        offered = challenges(answer.every("WWW-Authenticate"))
        bearer = next(
            (c for c in offered if c.scheme == "bearer" and "realm" in c.parameters), None
        )
        with self._lock:
            if bearer:
                now = self._tokens.get((access, also)) or self._tokens.get((PUSH, also))
                if not now or f"Bearer {now.value}" == used:
                    self._merge(bearer)
                return self.headers_for(access, also)
            credentials = self._credentials()
            if not credentials or not credentials.username or credentials.basic == used:
                return None
            if not any(c.scheme == "basic" for c in offered):
                return None
            self._basic = credentials.basic
            return self.headers_for(access, also)

    def refused(self, said: Refusal, doing: str) -> Denied:
        """The error for a 401 or 403, what the registry `said`, and what to do about it."""
        host = self._wire.host
        who = "these credentials" if self._credentials() else "anonymous users"
        if not self._repository:
            return Denied(
                f"{host} does not let {who} in ({said})",
                advice="Check name and password; many registries want a token for a password.",
            )
        return Denied(
            f"{host} does not let {who} {doing} {self._repository} ({said})",
            advice=f"Run: tamis login {host} (with an account that may {doing} it).",
        )

    def _credentials(self) -> Credentials | None:
        if self._known is None and not self._looked:
            self._known, self._looked = find(self._wire.host), True
        return self._known

    def _merge(self, challenge: Challenge) -> None:
        """What we have does not do: from now on ask for what this challenge wants, too."""
        ours = f"repository:{self._repository}:"
        asked = challenge.parameters.get("scope", "").split()
        new = [s for s in asked if not s.startswith(ours) and s not in self._further]
        self._further = (*self._further, *new)[-8:]
        self._challenge = challenge
        self._tokens.clear()

    def _token(self, challenge: Challenge, access: Access, also: str) -> str:
        """A token that may push may pull; else a new one for exactly this access."""
        for key in ((access, also), (PUSH, also)):
            if (token := self._tokens.get(key)) and time.monotonic() < token.until:
                return token.value
        token = self._tokens[access, also] = self._fetch(challenge, access, also)
        return token.value

    def _fetch(self, challenge: Challenge, access: Access, also: str) -> _Token:
        realm = self._realm(challenge.parameters["realm"])
        credentials = self._credentials()
        scopes = [f"repository:{self._repository}:{access}"] if self._repository else []
        scopes += [f"repository:{also}:pull"] if also else []
        scopes += [scope for scope in self._further if scope not in scopes]
        service = challenge.parameters.get("service", "")
        secret = credentials.identity_token if credentials else ""
        if secret and (token := self._exchange(realm, service, scopes, secret)):
            return token
        query = [("scope", scope) for scope in scopes]
        query += [("service", service)] if service else []
        known = credentials if credentials and credentials.username else None
        headers = {"Authorization": known.basic} if known else {}
        sign = "&" if urlsplit(realm).query else "?"
        answer = self._wire.send("GET", f"{realm}{sign}{urlencode(query)}", headers=headers)
        if answer.status in {401, 403}:
            if self._further:  # what others asked for may be what we must not have
                answer.close()
                self._further = ()
                return self._fetch(challenge, access, also)
            raise self.refused(refusal(answer), "push to" if access == PUSH else "pull from")
        return self._read(answer)

    def _exchange(self, realm: str, service: str, scopes: list[str], secret: str) -> _Token | None:
        """OAuth 2: an identity token for an access token; None where the server cannot do it."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": secret,
            "client_id": _CLIENT,
            "service": service,
            "scope": " ".join(scopes),
        }
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._wire.send("POST", realm, headers=kind, data=urlencode(form).encode())
        if answer.status in {404, 405, 501}:
            answer.close()
            return None
        return self._read(answer)

    def _read(self, answer: Answer) -> _Token:
        if answer.status != 200:
            raise self._none(str(refusal(answer)))
        with answer:
            try:
                document = json.loads(answer.content(_MAX_ANSWER))
                token = document.get("token") or document.get("access_token")
                life = document.get("expires_in")
            except (Broken, ValueError, AttributeError, RecursionError) as error:
                raise self._none(f"200, but {error}") from error
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise self._none("200, but no token in it")
        known = isinstance(life, int | float) and not isinstance(life, bool) and life > 0
        seconds = min(float(life), 1e6) if known else _LIFE
        # A little before its end, so that it does not end on its way.
        return _Token(token, time.monotonic() + seconds - min(10.0, seconds / 10))

    def _none(self, why: str) -> Unreachable:
        host = self._wire.host
        return Unreachable(
            f"{host}: its token server gives no token ({why})",
            advice=f"Try again later, or run: tamis login {host}.",
        )

    def _realm(self, realm: str) -> str:
        """Credentials go over TLS, or stay on the machine or the host that was chosen without; a
        registry out there does not send us to servers of our own network.
        """
        self._wire.allowed(realm, "for a token")
        parts = urlsplit(realm)
        ours = parts.netloc == self._registry
        if parts.scheme == "https" and is_inside(parts.netloc) and not is_inside(self._registry):
            raise Unreachable(
                f"{self._wire.host} sends us for a token to {realm[:200]!r}, which is inside our"
                " own network",
                advice=_ADVICE,
            )
        if parts.scheme == "http" and not ours and not is_loopback(parts.netloc):
            raise Unreachable(
                f"{self._wire.host} sends us for a token to {realm[:200]!r}, which is not https",
                advice=_ADVICE,
            )
        return realm
