"""`build.lock.json`: what made a filter's module, and which bytes came out.

It is meant to be committed: `tamis build --locked` then shows that a laptop and CI ship the same.
"""

import json
from dataclasses import asdict, fields

from tamis.errors import BadInput, Missing, Place, Rejected
from tamis.files import write_whole
from tamis.model.build import Lock
from tamis.model.filter import Filter

__all__ = ["hold", "read", "write"]


def read(filter_: Filter) -> Lock | None:
    """What the last build wrote; None when there was none. Raises BadInput when it is damaged."""
    at = Place(filter_.lock)
    try:
        document = json.loads(filter_.lock.read_text("utf-8"))
        values = {field.name: document[field.name] for field in fields(Lock)}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{filter_.lock.name} cannot be read: {error}",
            advice="Delete it; tamis build writes it anew.",
            at=at,
        ) from error
    return Lock(**values)


def write(filter_: Filter, lock: Lock) -> None:
    """Write it down where that changes anything. Raises BadInput."""
    text = json.dumps(asdict(lock), indent=2) + "\n"
    try:
        if not filter_.lock.is_file() or filter_.lock.read_text("utf-8") != text:
            write_whole(filter_.lock, text.encode())
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"cannot write {filter_.lock}: {error}", advice="Build in a folder you may write to."
        ) from error


def hold(filter_: Filter, lock: Lock) -> None:
    """Raise Missing when another toolchain is at work than the lock file names, Rejected when the
    same one makes other bytes, BadInput when there is no lock file.
    """
    known = read(filter_)
    if known is None:
        raise BadInput(
            f"{filter_.name} has no {filter_.lock.name} to hold the build to",
            advice="Run tamis build once and commit the file.",
            at=Place(filter_.manifest),
        )
    at = Place(filter_.lock)
    for key in ("toolchain", "sdk", "optimize"):
        was, now = getattr(known, key), getattr(lock, key)
        if was != now:
            raise Missing(
                f"{filter_.name} is locked to {key} {was or 'none'}, this is {now or 'none'}",
                advice=f"Install {was or 'what it names'}, or run tamis build and commit the "
                "change.",
                at=at,
            )
    if known.digest != lock.digest:
        raise Rejected(
            f"{filter_.name} is locked to {known.digest} ({known.size} bytes), this build made "
            f"{lock.digest} ({lock.size} bytes)",
            advice="Run tamis build and commit the lock file with the source it belongs to.",
            at=at,
        )
