"""`tamis cache`: what tamis keeps so that it need not be made again, and how to be rid of it."""

from tamis import caches
from tamis.caches import Usage
from tamis.errors import BadInput

__all__ = ["cache"]


def cache(action: str = "show", *, days: float | None = None) -> tuple[tuple[Usage, ...], int]:
    """What lies in each cache, and the bytes that were freed.

    `action`: "show", or "prune", which deletes what was not used for `days` (None: all of it).
    Everything in there is made again when it is needed. Raises BadInput.
    """
    if action not in ("show", "prune"):
        raise BadInput(f"'{action}' is nothing to do with a cache", advice="Say show or prune.")
    if days is not None and days < 0:
        raise BadInput(f"--days {days:g}: not a number of days", advice="Say 0 or more.")
    freed = caches.prune(days or 0) if action == "prune" else 0
    return caches.usage(), freed
