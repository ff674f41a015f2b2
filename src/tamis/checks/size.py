"""How big the module may be: for its author, and for what fetches it."""

from collections.abc import Iterator

from tamis import project
from tamis.checks.subject import Subject, error
from tamis.model.finding import Finding

__all__ = ["rule"]


def rule(subject: Subject) -> Iterator[Finding]:
    """`budget/size` and `load/size-limit`."""
    size = subject.module.size
    budget = subject.filter.budgets.size if subject.filter else None
    if budget is not None and size > budget:
        yield error(
            "budget/size",
            f"the module has {size} bytes, {size - budget} more than its budget of {budget}",
            "Make it smaller, or raise budgets.size.",
            project.place(subject.filter, "budgets", "size") if subject.filter else None,
        )
    limit = subject.target.limits.get("module_size")
    if limit is not None and size > limit:
        yield error(
            "load/size-limit",
            f"the module has {size} bytes; {subject.target.title} cuts off what is beyond {limit}",
            "Make it smaller.",
        )
