"""Every statement of the ABI table, and of the reference, is probed or has a reason why not."""

from tests.envoy import probes
from tests.envoy.probes import coverage


def test_every_statement_is_probed_or_says_why_not() -> None:
    statements, covered = coverage.statements(), coverage.covered(probes.read())
    reasons = coverage.elsewhere()
    explained = {name for pattern in reasons for name in coverage.matching(pattern, statements)}
    assert sorted(statements - covered - explained) == []


def test_no_reason_is_stale() -> None:
    open_ = coverage.statements() - coverage.covered(probes.read())
    assert [name for name in coverage.elsewhere() if not coverage.matching(name, open_)] == []


def test_probes_name_statements_that_there_are() -> None:
    named = {name for probe in probes.read() for name in probe.covers}
    assert sorted(named - coverage.statements()) == []


def test_the_reference_is_probed() -> None:
    known = {probe.id for probe in probes.read()}
    lists = [found for found in coverage.reference().values() if isinstance(found, list)]
    named = {each for found in lists for each in found}
    assert sorted(named - known) == []
