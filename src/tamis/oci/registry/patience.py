"""How long a registry is waited for: tries, pauses between them, silence, crawling."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["BUSY", "Patience", "retry_after"]

#: Answers that may be others a moment later.
BUSY = frozenset({408, 429, 500, 502, 503, 504})
_JITTER = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds. Failed requests are tried again after `first`, 2 x, 4 x ... at most `longest`.

    No new try begins after `budget`, so a host that is down costs seconds, and a `Retry-After`
    beyond it is not waited for. An answer must begin within `read` and then bring `crawl` bytes
    in each `read`: a byte a second is no progress.
    """

    tries: int = 4
    first: float = 0.25
    longest: float = 2.0
    budget: float = 8.0
    connect: float = 4.0
    read: float = 30.0
    crawl: int = 4096
    pause: Callable[[float], None] = field(default=time.sleep, compare=False)

    def delay(self, attempt: int) -> float:
        """Between half and all of the doubled delay: many clients do not come back together."""
        whole = min(self.longest, self.first * 2.0**attempt)
        return whole * _JITTER.uniform(0.5, 1.0)


def retry_after(value: str, otherwise: float) -> float:
    """Seconds that a `Retry-After` header asks for: a number or a date; `otherwise` if neither."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return otherwise
