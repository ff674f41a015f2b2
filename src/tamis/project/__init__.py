"""A filter's folder: `tamis.toml` to `model.Filter`, and the lock file of its builds."""

from tamis.project.configuration import parse, validate
from tamis.project.find import find
from tamis.project.limits import bounded
from tamis.project.lock import hold
from tamis.project.lock import read as read_lock
from tamis.project.lock import write as write_lock
from tamis.project.read import place, read

__all__ = [
    "bounded",
    "find",
    "hold",
    "parse",
    "place",
    "read",
    "read_lock",
    "validate",
    "write_lock",
]
