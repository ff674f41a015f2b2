"""What `check` returns: the findings about one module."""

from dataclasses import dataclass

from tamis.model.finding import Finding

__all__ = ["Checked"]


@dataclass(frozen=True, slots=True)
class Checked:
    """The findings of all targets, worst first; `digest` is the module's, `sha256:...`, or "" where
    it cannot be had.
    """

    name: str
    digest: str
    targets: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """No finding is an error."""
        return all(finding.severity != "error" for finding in self.findings)
