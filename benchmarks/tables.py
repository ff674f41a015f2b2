"""Tables of the benchmarks that time filters in Envoy: printed, and with `--write` put into
docs/cost.md, between the marks that bear their names.
"""

import argparse
import os
import platform
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from common import HERE, ROOT

import tamis
from tamis import envoy
from tamis.benches import prices
from tamis.benches.timing.timed import Setting
from tamis.model.measured import Interval, Timed
from tamis.model.plugin import Limits
from tamis.report.figures import measured
from tamis.verbs.fixtures import fixtures_of
from tamis.verbs.subject import Subject
from tamis.verbs.timed import in_envoy

__all__ = [
    "FILTERS",
    "Table",
    "added",
    "arguments",
    "machine",
    "publish",
    "settled",
    "subjects",
    "take",
]

_PAGE = ROOT / "docs" / "cost.md"
#: Filters that are compared, in the order of the tables.
FILTERS = (
    HERE / "filters" / "noop",
    HERE / "filters" / "one-header",
    HERE / "filters" / "one-header-by-hand",
    HERE / "filters" / "one-header-rust",
    HERE / "filters" / "one-header-go",
    HERE / "filters" / "six-reads",
    ROOT / "filters" / "header-policy",
    HERE / "filters" / "redact",
    HERE / "filters" / "callout",
)

Table = Sequence[Sequence[str]]


def arguments(what: str) -> argparse.Namespace:
    """The options that all have."""
    parser = argparse.ArgumentParser(
        description=what, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("filters", nargs="*", type=Path, help="default: those of the comparison")
    parser.add_argument("--write", action="store_true", help="into docs/cost.md")
    parser.add_argument("--quick", action="store_true", help="a few slices, to try it out")
    return parser.parse_args()


def subjects(chosen: Sequence[Path]) -> list[Subject]:
    """The filters, built now."""
    return [each for folder in chosen or FILTERS for each in tamis.subject(str(folder))]


def take(subject: Subject, setting: Setting) -> Timed:
    """What Envoy takes with the filter's own fixtures."""
    config = subject.metadata.config.encode()
    return in_envoy(
        subject,
        envoy.find(),
        fixtures_of(subject),
        config,
        Limits(),
        prices.load(),
        setting,
        lambda text: print(f"\r\033[K{text}", end="", flush=True),
    )


def settled(options: argparse.Namespace, setting: Setting) -> Setting:
    """`setting`, or next to nothing of it."""
    return replace(setting, envoys=2, rounds=4) if options.quick else setting


def added(value: Interval | None) -> str:
    """`2.3 us (2.1 to 2.4)`."""
    return measured(value, "us") if value else "-"


def publish(name: str, table: Table, options: argparse.Namespace, *notes: str) -> None:
    """Print the table; with `--write`, put it into the page, too."""
    print("\r\033[K", end="")
    widths = [max(len(row[at]) for row in table) for at in range(len(table[0]))]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in table]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    text = "\n".join((*lines, "", *notes)).strip()
    print(text)
    if options.write:
        page = _PAGE.read_text(encoding="utf-8")
        head, begin, rest = page.partition(f"<!-- {name} -->\n")
        _, end, tail = rest.partition(f"<!-- end of {name} -->\n")
        if not begin or not end:
            raise SystemExit(f"{_PAGE} has no place for {name}")
        _PAGE.write_text(f"{head}{begin}\n{text}\n\n{end}{tail}", encoding="utf-8")


def machine(timed: Sequence[Timed]) -> str:
    """What it was taken on, and how restless that was."""
    baselines = [each.baseline_us.value for each in timed]
    repeated = sum(each.repeated for each in timed)
    return (
        f"{timed[0].host}, {platform.machine()} with {os.cpu_count()} cores, shared with others; "
        f"a request without filters took {min(baselines):.1f} to {max(baselines):.1f} us; "
        f"{repeated} of {repeated + sum(each.envoys for each in timed)} Envoys were measured again "
        "because their baseline drifted."
    )
