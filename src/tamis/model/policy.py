"""What an artifact must have to be trusted; schemas/policy.json is the same as a file."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Policy"]


@dataclass(frozen=True, slots=True)
class Policy:
    """`keys`: files with the public keys of which any may have signed. `require`: signature, sbom,
    provenance, check, bench. `allow_warned`: a report may have warnings. `builders`: ids of which
    provenance must name one; `source`: the repository it must name; empty: any.
    """

    keys: tuple[Path, ...] = ()
    require: tuple[str, ...] = ("signature",)
    allow_warned: bool = False
    builders: tuple[str, ...] = ()
    source: str = ""
