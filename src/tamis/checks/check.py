"""Runs every rule for every target and merges what they say."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from tamis.checks import (
    abi,
    binary,
    callbacks,
    entry,
    hygiene,
    identity,
    imports,
    loading,
    memory,
    size,
    target,
)
from tamis.checks.packaging import packaging
from tamis.checks.subject import Loads, Rule, Subject
from tamis.model.artifact import Metadata
from tamis.model.filter import Filter
from tamis.model.finding import Finding
from tamis.model.packaged import Packaged
from tamis.profiles import Profile
from tamis.wasm import ModuleInfo

__all__ = ["check", "check_package"]

#: Whether it loads; then what else is to be said.
_LOAD_RULES: tuple[Rule, ...] = (abi.rule, imports.rule, callbacks.rule, memory.rule, entry.rule)
_OTHER_RULES: tuple[Rule, ...] = (target.rule, size.rule, identity.rule, hygiene.rule)
_RANK = {"error": 0, "warning": 1, "note": 2}


def check(
    module: ModuleInfo,
    metadata: Metadata,
    targets: Sequence[Profile],
    *,
    filter: Filter | None = None,
    loads: Mapping[str, Loads] | None = None,
    packaged: Packaged | None = None,
) -> tuple[Finding, ...]:
    """All findings, errors first. One that holds for all targets is told once, without a target.

    `loads`: hosts by label ("Envoy 1.40.0") that try to load the module; what they refuse is a
    finding of its own only where no static rule has told why. `packaged`: how it travels, or would.
    """

    def judge(profile: Profile) -> list[Finding]:
        found = _judge(Subject(module, metadata, profile, filter), loads or {})
        return [*found, *(packaging(packaged, profile) if packaged else ())]

    return _merged(targets, judge)


def check_package(packaged: Packaged, targets: Sequence[Profile]) -> tuple[Finding, ...]:
    """The same of an artifact whose module cannot be had."""
    return _merged(targets, lambda profile: packaging(packaged, profile))


def _merged(
    targets: Sequence[Profile], judge: Callable[[Profile], Iterable[Finding]]
) -> tuple[Finding, ...]:
    found: dict[Finding, list[str]] = {}
    for profile in targets:
        for finding in judge(profile):
            names = found.setdefault(finding, [])
            if profile.name not in names:
                names.append(profile.name)
    everywhere = len({profile.name for profile in targets})
    merged = [
        finding if len(names) == everywhere else replace(finding, target=name)
        for finding, names in found.items()
        for name in (names[:1] if len(names) == everywhere else names)
    ]
    return tuple(sorted(merged, key=lambda finding: (_RANK[finding.severity], finding.id)))


def _judge(subject: Subject, loads: Mapping[str, Loads]) -> list[Finding]:
    """A component has nothing the rules could read, and no host needs to be asked."""
    component = list(binary.rule(subject))
    if component:
        return component
    found = [finding for rule in _LOAD_RULES for finding in rule(subject)]
    if all(finding.severity != "error" for finding in found):
        found += loading.refusals(subject, loads)
    return found + [finding for rule in _OTHER_RULES for finding in rule(subject)]
