"""What a module carries that nobody needs where it runs."""

from collections.abc import Iterator

from tamis.checks.subject import Subject, note, warning
from tamis.model.finding import Finding

__all__ = ["rule"]

_DEBUG = (".debug_", "sourceMappingURL", "external_debug_info", "name")


def rule(subject: Subject) -> Iterator[Finding]:
    """`load/debug-sections` and `load/machine-paths`."""
    debug = [each for each in subject.module.customs if each.name.startswith(_DEBUG)]
    if debug:
        size = sum(each.size for each in debug)
        yield note(
            "load/debug-sections",
            f"{size} of its {subject.module.size} bytes are debug sections: "
            + ", ".join(sorted({each.name for each in debug})),
            "Strip the module (-s for the linker); a trap then shows no function names.",
        )
    if subject.module.paths:
        yield warning(
            "load/machine-paths",
            f"it contains paths of the machine that built it, such as {subject.module.paths[0]}",
            "Strip it, or map the paths (-ffile-prefix-map, --remap-path-prefix, -trimpath).",
        )
