"""`tamis doctor`."""

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose

__all__ = ["doctor"]


def doctor(json: Json = False, quiet: Quiet = False, verbose: Verbose = 0) -> None:
    """Show what is installed, and the command that gets what is missing.

    Exit code 3 when something every verb needs is missing; extras are not.
    """
    with Frame("doctor", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.errors import Missing
        from tamis.report import doctor as report

        found = tamis.doctor()
        frame.show(report.diagnosed(found))
        frame.data(found=[report.diagnosis_object(one) for one in found])
        broken = [one for one in found if not one.ok]
        if broken:
            raise Missing(
                f"{broken[0].name} does not work on this machine", advice=broken[0].advice
            )
