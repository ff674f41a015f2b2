"""A registry on loopback that follows the OCI distribution spec, strictly, and can be made to fail.

It is as strict as docker-registry 2.8 where clients go wrong: no manifest without the right Accept,
no manifest before its blobs, no upload session after a broken connection, a token for each access.
"""

import base64
import hashlib
import json
import re
import secrets
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

__all__ = ["Fault", "LoopbackRegistry"]

_ROUTE = re.compile(r"/v2/(?P<name>.+?)/(?P<kind>manifests|blobs/uploads|blobs)/(?P<rest>.*)")
_MAX_MANIFEST = 4 << 20


@dataclass
class Fault:
    """What goes wrong with the next `times` requests of this method whose path contains `path`.

    `drop`: the connection ends without an answer; `truncate`: in the middle of the body; `damage`:
    one byte of the body differs; `status`: that answer, with `headers`; `claim`: another
    Docker-Content-Digest.
    """

    method: str
    path: str
    times: int = 1
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    drop: bool = False
    truncate: bool = False
    damage: bool = False
    claim: str | None = None


class LoopbackRegistry:
    """`with LoopbackRegistry() as registry:` serves at `registry.host` until the block ends.

    `auth` "basic" and "token" know one account, alice with password `secret`. `public`: in token
    mode nobody needs an account to pull. `requests` lists what came in, as (method, path), and
    `authorizations` the Authorization header of each.
    """

    def __init__(
        self, auth: Literal["anonymous", "basic", "token"] = "anonymous", *, public: bool = False
    ) -> None:
        self.auth = auth
        self.public = public
        self.account = ("alice", "secret")
        self.identity_token: str | None = None
        self.realm: str | None = None
        self.manifests: dict[str, dict[str, tuple[str, bytes]]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.blobs: dict[str, dict[str, bytes]] = {}
        self.sessions: dict[str, str] = {}
        self.tokens: dict[str, tuple[str, frozenset[str]]] = {}
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.authorizations: list[str | None] = []
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def host(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def uploads(self) -> list[tuple[str, str]]:
        """The requests that change something."""
        return [r for r in self.requests if r[0] in {"POST", "PUT", "PATCH"} and "/v2/" in r[1]]

    def docker_config(self) -> str:
        """A config.json with the account."""
        return json.dumps({"auths": {self.host: {"auth": _base64(":".join(self.account))}}})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def fault(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets, if any; counts it down."""
        for fault in self.faults:
            if fault.times > 0 and fault.method == method and fault.path in path:
                fault.times -= 1
                return fault
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is no error; anything else is one of this file and must be seen."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _handler(registry: LoopbackRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        pass

    Handler.registry = registry
    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20
    disable_nagle_algorithm = True  # else a body waits 40 ms for the receipt of its headers
    registry: LoopbackRegistry

    def log_message(self, *args: Any) -> None:
        return

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def _serve(self) -> None:
        self.registry.requests.append((self.command, self.path))
        self.registry.authorizations.append(self.headers.get("Authorization"))
        self.fault = self.registry.fault(self.command, self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if self.fault and self.fault.drop:
            self.rfile.read(length // 2)
            if "/blobs/uploads/" in self.path:
                self.registry.sessions.clear()
            self.close_connection = True
            self.connection.close()
            return
        self.body = self.rfile.read(length)
        if self.fault and self.fault.status:
            self._answer(self.fault.status, self.fault.body, self.fault.headers)
            return
        parts = urlsplit(self.path)
        self.query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.every = parse_qs(parts.query)
        if parts.path == "/token":
            self._token()
        elif parts.path == "/v2/":
            self._answer(200, b"{}")
        elif route := _ROUTE.fullmatch(parts.path):
            self._route(route["name"], route["kind"], route["rest"])
        else:
            self._error(404, "UNSUPPORTED")

    def _route(self, name: str, kind: str, rest: str) -> None:
        reading = self.command in {"GET", "HEAD"}
        if not self._allowed(name, "pull" if reading else "push"):
            return
        if kind == "manifests":
            self._get_manifest(name, rest) if reading else self._put_manifest(name, rest)
        elif kind == "blobs" and reading:
            self._get_blob(name, rest)
        elif kind == "blobs/uploads" and self.command == "POST":
            # `?digest=` with a body: opened, not stored, as docker-registry does.
            self._open(name)
        elif kind == "blobs/uploads" and self.command == "PUT":
            self._close(name, rest)
        else:
            self._error(405, "UNSUPPORTED")

    def _get_manifest(self, name: str, reference: str) -> None:
        digest = self.registry.tags.get(name, {}).get(reference, reference)
        found = self.registry.manifests.get(name, {}).get(digest)
        accepted = ",".join(self.headers.get_all("Accept", []))
        if found is None or found[0] not in accepted:
            self._error(404, "MANIFEST_UNKNOWN")
            return
        self._answer(200, found[1], {"Content-Type": found[0], "Docker-Content-Digest": digest})

    def _put_manifest(self, name: str, reference: str) -> None:
        if len(self.body) > _MAX_MANIFEST:
            self._error(400, "SIZE_INVALID")
            return
        document = json.loads(self.body)
        blobs = [d["digest"] for d in (document.get("config"), *document.get("layers", ())) if d]
        children = [d["digest"] for d in document.get("manifests", ())]
        missing = [d for d in blobs if d not in self.registry.blobs.get(name, {})]
        missing += [d for d in children if d not in self.registry.manifests.get(name, {})]
        if missing:
            self._error(400, "MANIFEST_BLOB_UNKNOWN")
            return
        digest = _digest(self.body)
        if reference.startswith("sha256:") and reference != digest:
            self._error(400, "DIGEST_INVALID")
            return
        kind = self.headers.get("Content-Type", "")
        self.registry.manifests.setdefault(name, {})[digest] = (kind, self.body)
        if not reference.startswith("sha256:"):
            self.registry.tags.setdefault(name, {})[reference] = digest
        self._answer(201, b"", {"Docker-Content-Digest": digest})

    def _get_blob(self, name: str, digest: str) -> None:
        content = self.registry.blobs.get(name, {}).get(digest)
        if content is None:
            self._error(404, "BLOB_UNKNOWN")
            return
        self._answer(200, content, {"Docker-Content-Digest": digest})

    def _open(self, name: str) -> None:
        session = secrets.token_hex(8)
        self.registry.sessions[session] = name
        location = f"/v2/{name}/blobs/uploads/{session}?_state={secrets.token_urlsafe(8)}%3D"
        self._answer(202, b"", {"Location": location})

    def _close(self, name: str, session: str) -> None:
        if self.registry.sessions.get(session) != name or "_state" not in self.query:
            self._error(404, "BLOB_UPLOAD_UNKNOWN")
            return
        if _digest(self.body) != self.query.get("digest"):
            self._error(400, "DIGEST_INVALID")
            return
        del self.registry.sessions[session]
        self.registry.blobs.setdefault(name, {})[_digest(self.body)] = self.body
        self._answer(201, b"", {"Location": f"/v2/{name}/blobs/{_digest(self.body)}"})

    def _allowed(self, name: str, action: str) -> bool:
        """Answers 401 where the request may not do this."""
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if self.registry.auth == "anonymous":
            return True
        if self.registry.auth == "basic":
            if scheme == "Basic" and value == _base64(":".join(self.registry.account)):
                return True
            self._error(401, "UNAUTHORIZED", {"WWW-Authenticate": 'Basic realm="loopback, test"'})
            return False
        repository, actions = self.registry.tokens.get(value, ("", frozenset()))
        if scheme == "Bearer" and repository == name and action in actions:
            return True
        realm = self.registry.realm or f"http://{self.registry.host}/token"
        scope = f"repository:{name}:{'pull' if action == 'pull' else 'pull,push'}"
        challenge = f'Bearer realm="{realm}",service="loopback",scope="{scope}"'
        self._error(401, "UNAUTHORIZED", {"WWW-Authenticate": challenge})
        return False

    def _token(self) -> None:
        """The token server: what an account may do, or what the public may."""
        _, _, value = self.headers.get("Authorization", "").partition(" ")
        form = parse_qs(self.body.decode()) if self.command == "POST" else {}
        known = value == _base64(":".join(self.registry.account))
        if form and form.get("refresh_token") == [self.registry.identity_token]:
            known = True
        elif form or (value and not known):
            self._error(401, "UNAUTHORIZED")
            return
        scopes = form.get("scope", [""])[0].split() or self.every.get("scope", [])
        _, repository, actions = scopes[0].split(":")
        granted = set(actions.split(","))
        if not known:
            granted &= {"pull"} if self.registry.public else set()
        token = secrets.token_hex(8)
        self.registry.tokens[token] = (repository, frozenset(granted))
        self._answer(200, json.dumps({"access_token": token}).encode())

    def _error(self, status: int, code: str, headers: Mapping[str, str] | None = None) -> None:
        said = {"errors": [{"code": code, "message": code.lower().replace("_", " ")}]}
        self._answer(status, json.dumps(said).encode(), headers)

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        shown = dict(headers or {})
        if self.fault and self.fault.claim:
            shown["Docker-Content-Digest"] = self.fault.claim
        if self.fault and self.fault.damage and body:
            body = bytes([body[0] ^ 1]) + body[1:]
        self.send_response(status)
        for name, value in shown.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.fault and self.fault.truncate:
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)
