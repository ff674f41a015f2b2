"""How sure the verdict for a target is."""

from collections.abc import Iterator

from tamis.checks.subject import Subject, warning
from tamis.model.finding import Finding

__all__ = ["rule"]


def rule(subject: Subject) -> Iterator[Finding]:
    """`target/version`: the profile's own warnings."""
    for words in subject.target.warnings:
        yield warning("target/version", words, "Update tamis, or aim at a version it knows.")
