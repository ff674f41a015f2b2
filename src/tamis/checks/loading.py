"""The dynamic rule: a real host tries to load the module."""

from collections.abc import Iterator, Mapping

from tamis.checks.subject import Loads, Subject, error
from tamis.model.finding import Finding

__all__ = ["refusals"]


def refusals(subject: Subject, loads: Mapping[str, Loads]) -> Iterator[Finding]:
    """`load/refused`, once for each host that refuses, in the host's words."""
    for label, load in loads.items():
        reason = load(subject.target)
        if reason is not None:
            yield error(
                "load/refused",
                f"{label} refuses it: {reason}",
                "The host's words say what it misses; see tamis inspect for what the module has.",
            )
