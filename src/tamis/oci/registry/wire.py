"""Requests with bounded patience: what is worth a second try, where redirects may lead, what to
say when nothing helps.
"""

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from tamis.errors import Unreachable
from tamis.oci.registry.answers import Answer, Broken
from tamis.oci.registry.connections import Connections, Data
from tamis.oci.registry.patience import BUSY, Patience, retry_after

__all__ = ["Dropped", "Refusal", "Untrusted", "Wire", "refusal"]

_REDIRECTS = 5
_REDIRECTED = frozenset({301, 302, 303, 307, 308})
#: Bytes of an error's body that are worth reading.
_SAID = 1 << 16
_PATHS = frozenset({"https", "http"})


class Dropped(Unreachable):
    """The connection could not be made or broke: nobody knows whether the request was served."""


class Untrusted(Unreachable):
    """There is no TLS, or none that we trust."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is not the one we need, with what the registry says about it. `page`: it is
    written for a browser, so a proxy or another server may have answered.
    """

    status: int
    reason: str
    code: str = ""
    text: str = ""
    page: bool = False

    def __str__(self) -> str:
        said = ": ".join(part for part in (self.code, self.text) if part)
        if self.page:
            said = f"{self.reason}, with a web page".removeprefix(", ")
        return f"{self.status} {said or self.reason}".strip()


@dataclass(frozen=True, slots=True)
class Wire:
    """Requests to one registry (`host` as people write it), its token server and where it sends us.

    `plain`: plain HTTP is allowed.
    """

    connections: Connections
    host: str
    patience: Patience
    plain: bool = False

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: Data = None,
        again: bool = True,
    ) -> Answer:
        """The answer, whatever its status. `again` False: one try, for what cannot be repeated.

        GET and HEAD follow redirects; no other host sees our Authorization. Raises Dropped when
        there is no answer, Untrusted, Unreachable for redirects that are not to be followed.
        """
        end = time.monotonic() + self.patience.budget
        attempt = 0
        while True:
            delay = self.patience.delay(attempt)
            attempt += 1
            last = not again or attempt >= self.patience.tries
            try:
                answer = self._followed(method, url, dict(headers or {}), data)
            except Dropped:
                if last or time.monotonic() + delay > end:
                    raise
            else:
                delay = retry_after(answer.headers.get("Retry-After", ""), delay)
                served = answer.status not in BUSY
                if served or last or time.monotonic() + delay > end:
                    return answer
                answer.close()
            self.patience.pause(delay)

    def led(self, url: str, target: str, doing: str) -> str:
        """Where `target`, told by the answer from `url`, leads. Raises Unreachable as `allowed`."""
        try:
            there = urljoin(url, target)
        except ValueError:
            there = target
        return self.allowed(there, doing)

    def allowed(self, url: str, doing: str) -> str:
        """`url` itself. Raises Unreachable unless it may be spoken to: `doing` says what for."""
        scheme = ""
        try:
            parts = urlsplit(url)
            scheme = parts.scheme
            good = parts.scheme in _PATHS and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        good = good and url.isascii() and url.isprintable() and " " not in url
        if not good or (scheme == "http" and not self.plain):
            raise Unreachable(
                f"{self.host} sends us {doing} to {url[:200]!r}, which is not https",
                advice="Do not log in there: ask who runs the registry.",
            )
        return url

    def _followed(self, method: str, url: str, headers: dict[str, str], data: Data) -> Answer:
        for _ in range(_REDIRECTS + 1):
            answer = self._once(method, url, headers, data)
            target = answer.headers.get("Location", "")
            if answer.status not in _REDIRECTED or not target:
                return answer
            answer.close()
            there = self.led(url, target, "elsewhere")
            if method not in {"GET", "HEAD"}:
                raise Unreachable(
                    f"{self.host} redirects a {method} to {there[:200]!r}, which tamis does not do",
                    advice="Name the registry by the address that it redirects to.",
                )
            if urlsplit(there)[:2] != urlsplit(url)[:2]:
                headers = {n: v for n, v in headers.items() if n != "Authorization"}
            url = there
        raise Unreachable(
            f"{self.host} redirects us in circles", advice="Ask who runs the registry."
        )

    def _once(self, method: str, url: str, headers: Mapping[str, str], data: Data) -> Answer:
        try:
            return self.connections.send(method, url, headers, data)
        except ssl.SSLError as error:
            why = getattr(error, "verify_message", "") or error.reason or "the connection broke"
            raise Untrusted(
                f"{self.host}: no trusted TLS connection: {str(why).lower().replace('_', ' ')}",
                advice=f"Put its authority into /etc/containers/certs.d/{urlsplit(url).netloc}/"
                "ca.crt or SSL_CERT_FILE, or say --insecure.",
            ) from error
        except Broken as error:
            if error.proxy:
                raise self._astray(error) from error
            raise self.dropped(error) from error

    def dropped(self, error: Broken) -> Dropped:
        """The error for a connection that is of no use."""
        return Dropped(
            f"{self.host} does not answer: {error}",
            advice="Check the address, the network and that the registry runs; then try again.",
        )

    def _astray(self, error: Broken) -> Unreachable:
        """A proxy did not lead there; what no second try mends is not Dropped."""
        kind = Unreachable if error.final else Dropped
        return kind(
            f"{self.host} cannot be reached: the proxy {error.proxy} leads nowhere: {error}",
            advice="Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, or name the registry in NO_PROXY.",
        )


def refusal(answer: Answer) -> Refusal:
    """What an answer that is not the one we need says; closes it."""
    kind = answer.headers.get("Content-Type", "").split(";")[0].strip().lower()
    with answer:
        try:
            body = answer.content(_SAID)
        except Broken:
            body = b""
    code, text = "", ""
    try:
        first = json.loads(body)["errors"][0]
        code, text = (_printable(first.get(key)) for key in ("code", "message"))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        pass
    page = not code and (kind == "text/html" or body.lstrip()[:1] == b"<")
    return Refusal(answer.status, _printable(answer.reason), code, text, page)


def _printable(value: object) -> str:
    """Somebody else's text, which must not steer a terminal."""
    return "".join(c for c in str(value or "")[:200] if c.isprintable())
