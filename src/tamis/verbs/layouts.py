"""Which layout an artifact gets, and whether its targets would take it, before anything is sent."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tamis.errors import BadInput, Rejected
from tamis.model.choices import LAYOUTS, Layout

if TYPE_CHECKING:
    from tamis.model.finding import Finding
    from tamis.model.packaged import Packaged

__all__ = ["demand", "findings", "layout_for"]


def layout_for(targets: Sequence[str], chosen: Layout | None = None) -> Layout:
    """`chosen`, else what the first target that pulls likes best of what all others take, too.

    Raises BadInput for an unknown target, or when no layout suits them all.
    """
    if chosen or not targets:
        return chosen or "image"
    from tamis import profiles

    pulling = [each for each in map(profiles.resolve, targets) if each.puller]
    if not pulling:
        return "image"
    for layout in pulling[0].layouts:
        if layout in LAYOUTS and all(layout in each.layouts for each in pulling):
            return layout
    names = ", ".join(each.name for each in pulling)
    raise BadInput(
        f"no layout suits all of {names}",
        advice="Name one with --layout, or several with --index.",
    )


def findings(package: "Packaged", targets: Sequence[str]) -> "tuple[Finding, ...]":
    """What the pullers of the targets say to it, each as the target's own."""
    if not targets:
        return ()
    from tamis import profiles  # rules that only targets need
    from tamis.checks import packaging

    return tuple(
        replace(finding, target=target)
        for target in targets
        for finding in packaging(package, profiles.resolve(target))
    )


def demand(package: "Packaged", targets: Sequence[str]) -> None:
    """Raises Rejected, with the words of the first puller that would refuse it."""
    for finding in findings(package, targets):
        if finding.severity == "error":
            raise Rejected(
                f"{finding.target} would refuse it: {finding.message}", advice=finding.advice
            )
