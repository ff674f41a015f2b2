"""A registry on loopback that follows the OCI distribution spec, strictly, and can be made to fail.

It is as strict as docker-registry 2.8 where clients go wrong: no manifest without the right Accept,
no manifest before its blobs, no upload session after a broken connection, a token for each access.
"""

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.http_server import Serving
from tests.registry_access import Access, base64_of
from tests.registry_uploads import Session, Uploads, digest_of

__all__ = ["Fault", "LoopbackRegistry"]

_ROUTE = re.compile(
    r"/v2/(?P<name>.+?)/(?P<kind>manifests|blobs/uploads|blobs|tags|referrers)/(?P<rest>.*)"
)
_INDEX = "application/vnd.oci.image.index.v1+json"
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


class LoopbackRegistry(Serving):
    """`with LoopbackRegistry() as registry:` serves at `registry.host` until the block ends.

    `auth` "basic" and "token" know one account, alice with password `secret`. `public`: in token
    mode nobody needs an account to pull. `tls`: who it is, to those who speak TLS to it. `requests`
    lists what came in, as (method, path), and `authorizations` the Authorization header of each.
    `mounts`: it takes blobs from other repositories; `ranges`: it reads Range; `forgets`: a broken
    upload is gone; `page`: names on a page of a list; `api`: it lists referrers.
    """

    def __init__(
        self,
        auth: Literal["anonymous", "basic", "token"] = "anonymous",
        *,
        public: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.auth = auth
        self.public = public
        self.account = ("alice", "secret")
        self.identity_token: str | None = None
        self.realm: str | None = None
        self.manifests: dict[str, dict[str, tuple[str, bytes]]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.blobs: dict[str, dict[str, bytes]] = {}
        self.sessions: dict[str, Session] = {}
        self.tokens: dict[str, dict[str, frozenset[str]]] = {}
        self.expires_in: float | None = None
        self.mounts = True
        self.ranges = True
        self.forgets = True
        self.page = 1000
        self.api = False
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.authorizations: list[str | None] = []
        super().__init__(_handler(self), tls)

    @property
    def uploads(self) -> list[tuple[str, str]]:
        """The requests that change something."""
        return [r for r in self.requests if r[0] in {"POST", "PUT", "PATCH"} and "/v2/" in r[1]]

    def docker_config(self) -> str:
        """A config.json with the account."""
        return json.dumps({"auths": {self.host: {"auth": base64_of(":".join(self.account))}}})

    def fault(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets, if any; counts it down."""
        for fault in self.faults:
            if fault.times > 0 and fault.method == method and fault.path in path:
                fault.times -= 1
                return fault
        return None


def _handler(registry: LoopbackRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        pass

    Handler.registry = registry
    return Handler


class _Handler(Access, Uploads, BaseHTTPRequestHandler):
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
            self._break(self.rfile.read(length // 2))
            return
        self.body = self.rfile.read(length)
        if len(self.body) < length:
            self._break(self.body)
            return
        if self.fault and self.fault.status:
            self.answer(self.fault.status, self.fault.body, self.fault.headers)
            return
        parts = urlsplit(self.path)
        self.query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.every = parse_qs(parts.query)
        if parts.path == "/token":
            self.token()
        elif parts.path == "/v2/":
            if self.allowed("", "pull"):
                self.answer(200, b"{}")
        elif route := _ROUTE.fullmatch(parts.path):
            self._route(route["name"], route["kind"], route["rest"])
        else:
            self.error(404, "UNSUPPORTED")

    def _break(self, got: bytes) -> None:
        """The connection ends in the middle of a request."""
        route = _ROUTE.fullmatch(urlsplit(self.path).path)
        if route and route["kind"] == "blobs/uploads":
            self.broken(route["name"], route["rest"], got)
        self.close_connection = True
        self.connection.close()

    def _route(self, name: str, kind: str, rest: str) -> None:
        reading = self.command in {"GET", "HEAD"}
        if not self.allowed(name, "pull" if reading else "push"):
            return
        if kind == "manifests":
            self._get_manifest(name, rest) if reading else self._put_manifest(name, rest)
        elif kind == "blobs" and reading:
            self._get_blob(name, rest)
        elif kind == "blobs/uploads" and self.command == "POST":
            self.open(name)
        elif kind == "blobs/uploads" and self.command in {"PATCH", "PUT", "GET"}:
            self.upload(name, rest)
        elif kind == "tags" and reading:
            self._list_tags(name)
        elif kind == "referrers" and reading:
            self._list_referrers(name, rest)
        else:
            self.error(405, "UNSUPPORTED")

    def _get_manifest(self, name: str, reference: str) -> None:
        digest = self.registry.tags.get(name, {}).get(reference, reference)
        found = self.registry.manifests.get(name, {}).get(digest)
        accepted = ",".join(self.headers.get_all("Accept", []))
        if found is None or found[0] not in accepted:
            self.error(404, "MANIFEST_UNKNOWN")
            return
        self.answer(200, found[1], {"Content-Type": found[0], "Docker-Content-Digest": digest})

    def _put_manifest(self, name: str, reference: str) -> None:
        if len(self.body) > _MAX_MANIFEST:
            self.error(400, "SIZE_INVALID")
            return
        document = json.loads(self.body)
        blobs = [d["digest"] for d in (document.get("config"), *document.get("layers", ())) if d]
        children = [d["digest"] for d in document.get("manifests", ())]
        missing = [d for d in blobs if d not in self.registry.blobs.get(name, {})]
        missing += [d for d in children if d not in self.registry.manifests.get(name, {})]
        if missing:
            self.error(400, "MANIFEST_BLOB_UNKNOWN")
            return
        digest = digest_of(self.body)
        if reference.startswith("sha256:") and reference != digest:
            self.error(400, "DIGEST_INVALID")
            return
        kind = self.headers.get("Content-Type", "")
        self.registry.manifests.setdefault(name, {})[digest] = (kind, self.body)
        if not reference.startswith("sha256:"):
            self.registry.tags.setdefault(name, {})[reference] = digest
        self.answer(201, b"", {"Docker-Content-Digest": digest})

    def _get_blob(self, name: str, digest: str) -> None:
        content = self.registry.blobs.get(name, {}).get(digest)
        if content is None:
            self.error(404, "BLOB_UNKNOWN")
            return
        headers = {"Docker-Content-Digest": digest}
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and self.registry.ranges:
            start = int(asked[1])
            if start >= len(content):
                self.error(416, "RANGE_INVALID")
                return
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self.answer(206, content[start:], headers)
            return
        self.answer(200, content, headers)

    def _list_tags(self, name: str) -> None:
        if name not in self.registry.manifests:
            self.error(404, "NAME_UNKNOWN")
            return
        last = self.query.get("last", "")
        names = sorted(tag for tag in self.registry.tags.get(name, {}) if tag > last)
        size = min(self.registry.page, int(self.query.get("n", "1000")))
        body = json.dumps({"name": name, "tags": names[:size] or None}).encode()
        more = urlencode({"n": size, "last": names[size - 1]}) if names[size:] else ""
        self.answer(200, body, _link(f"/v2/{name}/tags/list?{more}") if more else {})

    def _list_referrers(self, name: str, subject: str) -> None:
        if not self.registry.api:
            self.error(404, "UNSUPPORTED")
            return
        found = []
        for digest, (kind, content) in self.registry.manifests.get(name, {}).items():
            document = json.loads(content)
            if document.get("subject", {}).get("digest") == subject:
                entry = {"mediaType": kind, "digest": digest, "size": len(content)}
                found.append(entry | {"artifactType": document.get("artifactType", "")})
        start = int(self.query.get("start", "0"))
        page = found[start : start + self.registry.page]
        body = json.dumps({"schemaVersion": 2, "mediaType": _INDEX, "manifests": page}).encode()
        headers = {"Content-Type": _INDEX}
        if found[start + len(page) :]:
            headers |= _link(f"/v2/{name}/referrers/{subject}?start={start + len(page)}")
        self.answer(200, body, headers)

    def answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        shown = dict(headers or {})
        if self.fault and self.fault.claim:
            shown["Docker-Content-Digest"] = self.fault.claim
        if self.fault and self.fault.damage and body:
            body = bytes([body[0] ^ 1]) + body[1:]
        self.send_response(status)
        for name, value in shown.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.fault and self.fault.truncate:
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)


def _link(target: str) -> dict[str, str]:
    return {"Link": f'<{target}>; rel="next"'}
