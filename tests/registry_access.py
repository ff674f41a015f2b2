"""Who may do what in the loopback registry: accounts, challenges, a token server."""

import base64
import json
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

__all__ = ["Access", "base64_of"]


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Access:
    """The part of the request handler that lets people in."""

    registry: Any
    headers: Any
    command: str
    body: bytes
    every: dict[str, list[str]]
    answer: Callable[..., None]

    def allowed(self, name: str, action: str) -> bool:
        """Answers 401 where the request may not do this. `name` "": the registry itself."""
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if self.registry.auth == "anonymous":
            return True
        if self.registry.auth == "basic":
            if scheme == "Basic" and value == base64_of(":".join(self.registry.account)):
                return True
            self.error(401, "UNAUTHORIZED", {"WWW-Authenticate": 'Basic realm="loopback, test"'})
            return False
        granted = self.registry.tokens.get(value)
        known = scheme == "Bearer" and granted is not None
        if known and (not name or action in granted.get(name, ())):
            return True
        realm = self.registry.realm or f"http://{self.registry.host}/token"
        challenge = f'Bearer realm="{realm}",service="loopback"'
        if name:
            challenge += f',scope="repository:{name}:{"pull" if action == "pull" else "pull,push"}"'
        self.error(401, "UNAUTHORIZED", {"WWW-Authenticate": challenge})
        return False

    def may_read(self, name: str) -> bool:
        """Whether this request's token may read another repository, too."""
        _, _, value = self.headers.get("Authorization", "").partition(" ")
        granted = self.registry.tokens.get(value, {}).get(name, ())
        return self.registry.auth != "token" or "pull" in granted

    def token(self) -> None:
        """The token server: what an account may do, or what the public may."""
        _, _, value = self.headers.get("Authorization", "").partition(" ")
        form = parse_qs(self.body.decode()) if self.command == "POST" else {}
        known = value == base64_of(":".join(self.registry.account))
        if form and self.registry.identity_token is None:
            self.error(404, "UNSUPPORTED")
            return
        if form and form.get("refresh_token") == [self.registry.identity_token]:
            known = True
        elif form or (value and not known):
            self.error(401, "UNAUTHORIZED")
            return
        scopes = form.get("scope", [""])[0].split() or self.every.get("scope", [])
        granted = {}
        for scope in scopes:
            _, repository, actions = scope.split(":")
            wanted = set(actions.split(","))
            if not known:
                wanted &= {"pull"} if self.registry.public else set()
            granted[repository] = frozenset(wanted)
        token = secrets.token_hex(8)
        self.registry.tokens[token] = granted
        answer: dict[str, object] = {"access_token": token}
        if self.registry.expires_in is not None:
            answer["expires_in"] = self.registry.expires_in
        self.answer(200, json.dumps(answer).encode())

    def error(self, status: int, code: str, headers: Any = None) -> None:
        said = {"errors": [{"code": code, "message": code.lower().replace("_", " ")}]}
        self.answer(status, json.dumps(said).encode(), headers)
