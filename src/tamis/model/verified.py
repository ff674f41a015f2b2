"""What `verify` returns: each thing that was demanded, and what was found of it."""

from dataclasses import dataclass

__all__ = ["Evidence", "Required", "Verified"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One signed thing. `form`: how it is kept (signature, bundle, attestation); `holder`: digest
    of the manifest that holds it; `key`: the id of the key that signed it, `file`: that key's;
    `result`: what a report came to; `problem`: why it counts for nothing, "" where it counts.
    """

    form: str
    holder: str
    predicate_type: str
    key: str = ""
    file: str = ""
    result: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Required:
    """One demand (signature, sbom, ...): met, or not and `why`."""

    name: str
    evidence: tuple[Evidence, ...]
    why: str = ""

    @property
    def ok(self) -> bool:
        """It is met."""
        return not self.why


@dataclass(frozen=True, slots=True)
class Verified:
    """The verdict about the image manifest `digest`. `index`: the index that it was found in, ""
    where it was named itself.
    """

    reference: str
    digest: str
    required: tuple[Required, ...]
    index: str = ""

    @property
    def ok(self) -> bool:
        """Every demand is met."""
        return all(each.ok for each in self.required)
