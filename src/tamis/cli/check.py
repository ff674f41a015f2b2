"""`tamis check`."""

from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Filters, Reports, Targets

__all__ = ["check"]


def check(
    filters: Filters = None,
    targets: Targets = None,
    reports: Reports = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Judge modules, and artifacts that hold them, by the rules of the hosts they are meant for.

    Without --target: the targets of tamis.toml, else the newest Envoy.
    """
    with Frame("check", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.report import cases, sinks
        from tamis.report import check as report
        from tamis.verbs.check import check_argument

        wanted = [sinks.parse(text) for text in reports or ()]
        checked = [
            each
            for argument in dict.fromkeys(filters or ["."])
            for each in check_argument(argument, targets=targets or ())
        ]
        for one in checked:
            frame.show(report.checked(one), always=not one.ok)
        for sink in wanted:
            listed = [
                case for one in checked for case in cases.from_findings(one.name, one.findings)
            ]
            sinks.write(sink, "tamis check", listed)
        frame.data(checks=[report.checked_object(one) for one in checked])
        if not all(one.ok for one in checked):
            frame.reject(report.finding_problems(f for one in checked for f in one.findings))
