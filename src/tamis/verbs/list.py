"""`tamis list`: which tags there are."""

import re

from tamis import oci
from tamis.model.reference import Reference

__all__ = ["list"]

#: Tags that stand for a list of referrers, or hold a signature: nobody deploys them.
_OF_DIGEST = "sha256-"


def list(reference: Reference, *, every: bool = False, insecure: bool = False) -> tuple[str, ...]:
    """The tags of a repository or layout folder, sorted as people count (1.9 before 1.10).

    `every`: also those that registries and cosign keep for signatures (`sha256-...`). Raises
    BadInput where there is no such repository, Unreachable.
    """
    with oci.open_store(reference, insecure=insecure) as store:
        found = store.tags()
    shown = [tag for tag in found if every or not tag.startswith(_OF_DIGEST)]
    return tuple(sorted(shown, key=_counted))


def _counted(tag: str) -> tuple[tuple[int, int, str], ...]:
    """Runs of digits by their number, all else by its letters."""
    runs = re.findall(r"[0-9]+|[^0-9]+", tag)
    return tuple((0, int(run), "") if run[0].isdigit() else (1, 0, run) for run in runs)
