"""How a plugin is told apart, and what is known of its configuration."""

from collections.abc import Iterator

from tamis.checks.subject import Subject, note
from tamis.model.finding import Finding

__all__ = ["rule"]


def rule(subject: Subject) -> Iterator[Finding]:
    """`load/no-root-id`, `load/no-config-schema`: of filters whose source is at hand."""
    if subject.filter is None:
        return
    if not subject.metadata.root_id:
        yield note(
            "load/no-root-id",
            "it has no root_id: plugins without one that run in one VM share a context",
            "Set root_id in tamis.toml, and register the plugin under it.",
            subject.place,
        )
    if not subject.metadata.config_schema:
        yield note(
            "load/no-config-schema",
            "it has no schema for its configuration: a typo is found only where it is deployed",
            "Write a JSON Schema and name it as config_schema in tamis.toml.",
            subject.place,
        )
