"""HTTP with bounded patience: what is worth a second try, how long to wait, what to say."""

import io
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

import requests

from tamis.errors import Rejected, Unreachable

__all__ = ["Dropped", "Patience", "Wire", "message"]

_BUSY = frozenset({408, 429, 500, 502, 503, 504})
_CHUNK = 1 << 16
#: A body, or the fields of a form.
Data = bytes | Mapping[str, str] | None
_JITTER = random.SystemRandom()


class Dropped(Unreachable):
    """The connection could not be made or broke: nobody knows whether the request was served."""


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds. Failed requests are tried again after `first`, 2 x, 4 x ... at most `longest`.

    No new try begins after `budget`, so a host that is down costs seconds, and a `Retry-After`
    beyond it is not waited for.
    """

    tries: int = 4
    first: float = 0.25
    longest: float = 2.0
    budget: float = 8.0
    connect: float = 4.0
    read: float = 30.0
    pause: Callable[[float], None] = field(default=time.sleep, compare=False)

    def delay(self, attempt: int) -> float:
        """Between half and all of the doubled delay: many clients do not come back together."""
        whole = min(self.longest, self.first * 2.0**attempt)
        return whole * _JITTER.uniform(0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Wire:
    """Requests to one registry (`host` as people write it) and to its token server."""

    session: requests.Session
    host: str
    patience: Patience

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: Data = None,
        stream: bool = False,
        again: bool = True,
    ) -> requests.Response:
        """The answer, whatever its status. `again` False: one try, for what cannot be repeated.

        Raises Dropped when there is none, Unreachable when its certificate is not trusted.
        """
        end = time.monotonic() + self.patience.budget
        attempt = 0
        while True:
            delay = self.patience.delay(attempt)
            attempt += 1
            last = not again or attempt >= self.patience.tries
            try:
                response = self._once(method, url, headers, data, stream=stream)
            except Dropped:
                if last or time.monotonic() + delay > end:
                    raise
            else:
                delay = _retry_after(response, delay)
                served = response.status_code not in _BUSY
                if served or last or time.monotonic() + delay > end:
                    return response
                response.close()
            self.patience.pause(delay)

    def download(self, get: Callable[[], requests.Response], limit: int) -> bytes:
        """The whole body of what `get` answers, as `save` has it."""
        with io.BytesIO() as file:
            self.save(get, limit, file)
            return file.getvalue()

    def save(self, get: Callable[[], requests.Response], limit: int, file: IO[bytes]) -> None:
        """Write the whole body of what `get` answers, at most `limit` bytes, into `file`, piece by
        piece; again when it breaks off.

        Raises Dropped when it always breaks off, Rejected when there is more, OSError.
        """
        attempt = 0
        while True:
            delay = self.patience.delay(attempt)
            attempt += 1
            file.seek(0)
            file.truncate()
            with get() as response:
                try:
                    self._body(response, limit, file)
                except requests.RequestException as error:
                    if attempt >= self.patience.tries:
                        raise self._dropped(error) from error
                else:
                    return
            self.patience.pause(delay)

    def _body(self, response: requests.Response, limit: int, file: IO[bytes]) -> None:
        room = limit
        for chunk in response.iter_content(_CHUNK):
            room -= len(chunk)
            if room < 0:
                raise Rejected(
                    f"{self.host} sends more than the {limit} bytes that {response.url} may have",
                    advice="Do not use it: it is not what its manifest describes.",
                )
            file.write(chunk)

    def _once(
        self, method: str, url: str, headers: Mapping[str, str] | None, data: Data, *, stream: bool
    ) -> requests.Response:
        try:
            return self.session.request(
                method,
                url,
                headers=dict(headers or {}),
                data=data,
                stream=stream,
                timeout=(self.patience.connect, self.patience.read),
                allow_redirects=method in {"GET", "HEAD"},
            )
        except requests.exceptions.SSLError as error:
            raise Unreachable(
                f"{self.host}: no trusted TLS connection: {_cause(error)}",
                advice="Set REQUESTS_CA_BUNDLE to its authority, or say --insecure.",
            ) from error
        except (requests.ConnectionError, requests.Timeout) as error:
            raise self._dropped(error) from error
        except requests.RequestException as error:
            raise Unreachable(
                f"{self.host}: {error}", advice="Check the registry's address."
            ) from error

    def _dropped(self, error: Exception) -> Dropped:
        if isinstance(error, requests.ConnectTimeout):
            why = f"no connection within {self.patience.connect:g} s"
        elif isinstance(error, requests.Timeout):
            why = f"no answer within {self.patience.read:g} s"
        else:
            why = _cause(error)
        return Dropped(
            f"{self.host} does not answer: {why}",
            advice="Check the address, the network and that the registry runs; then try again.",
        )


def message(response: requests.Response) -> str:
    """`404 MANIFEST_UNKNOWN: manifest unknown`: the status and what the registry says about it."""
    status = f"{response.status_code} {response.reason or ''}".strip()
    try:
        first = json.loads(next(response.iter_content(_CHUNK), b""))["errors"][0]
        said = ": ".join(str(first[key]) for key in ("code", "message") if first.get(key))
    except (requests.RequestException, ValueError, LookupError, TypeError, AttributeError):
        return status
    return f"{response.status_code} {said[:200]}" if said else status


def _retry_after(response: requests.Response, otherwise: float) -> float:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else otherwise


def _cause(error: BaseException) -> str:
    """The innermost system error in words, not the tower of exceptions around it."""
    for inner in _chain(error):
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror.lower()
    return "the connection was closed before the answer was complete"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what caused it, the innermost first."""
    found: list[BaseException] = []
    while error and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return reversed(found)
