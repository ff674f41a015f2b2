"""Uploads in the loopback registry: whole, in parts, by a mount; forgotten when they break."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Session", "Uploads", "digest_of"]


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class Session:
    """An upload that was opened in repository `name`, and what came so far."""

    name: str
    content: bytes = b""


class Uploads:
    """The part of the request handler that takes blobs. Parts must come in order."""

    registry: Any
    headers: Any
    command: str
    body: bytes
    query: dict[str, str]
    may_read: Callable[[str], bool]
    error: Callable[..., None]
    answer: Callable[..., None]

    def open(self, name: str) -> None:
        """`?digest=` with a body: opened, not stored, as docker-registry does."""
        digest, origin = self.query.get("mount"), self.query.get("from", "")
        if digest and self.registry.mounts and digest in self.registry.blobs.get(origin, {}):
            if not self.may_read(origin):
                self.error(401, "UNAUTHORIZED")
                return
            content = self.registry.blobs[origin][digest]
            self.registry.blobs.setdefault(name, {})[digest] = content
            self.answer(201, b"", {"Location": f"/v2/{name}/blobs/{digest}"})
            return
        session = secrets.token_hex(8)
        self.registry.sessions[session] = Session(name)
        self.answer(202, b"", {"Location": self._place(session), "Range": "0-0"})

    def upload(self, name: str, session: str) -> None:
        """PATCH, PUT and GET of an upload."""
        known = self.registry.sessions.get(session)
        if known is None or known.name != name or "_state" not in self.query:
            self.error(404, "BLOB_UPLOAD_UNKNOWN")
            return
        if self.command != "GET":
            known.content += self.body
        if self.command == "PUT":
            self._close(session, known)
            return
        last = max(len(known.content) - 1, 0)
        headers = {"Location": self._place(session), "Range": f"0-{last}"}
        self.answer(204 if self.command == "GET" else 202, b"", headers)

    def broken(self, name: str, session: str, got: bytes) -> None:
        """A request that ended in the middle of its body."""
        known = self.registry.sessions.get(session)
        if known is None or known.name != name:
            return
        if self.registry.forgets:
            del self.registry.sessions[session]
        else:
            known.content += got

    def _close(self, session: str, known: Session) -> None:
        del self.registry.sessions[session]
        digest = digest_of(known.content)
        if digest != self.query.get("digest"):
            self.error(400, "DIGEST_INVALID")
            return
        self.registry.blobs.setdefault(known.name, {})[digest] = known.content
        self.answer(201, b"", {"Location": f"/v2/{known.name}/blobs/{digest}"})

    def _place(self, session: str) -> str:
        name = self.registry.sessions[session].name
        return f"/v2/{name}/blobs/uploads/{session}?_state={secrets.token_urlsafe(8)}%3D"
