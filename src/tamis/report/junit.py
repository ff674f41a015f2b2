"""JUnit XML: one testcase per fixture and host, one testsuite per host."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from tamis.report.cases import Case

__all__ = ["junit"]

# XML 1.0 has no way to write these, not even escaped.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(cases: Sequence[Case]) -> str:
    """The XML document, ending with a newline."""
    root = ET.Element("testsuites", _totals(cases), name="tamis")
    for suite in dict.fromkeys(case.suite for case in cases):
        members = [case for case in cases if case.suite == suite]
        element = ET.SubElement(root, "testsuite", _totals(members), name=_text(suite))
        if partly := sum(bool(case.left_out) for case in members):
            properties = ET.SubElement(element, "properties")
            ET.SubElement(properties, "property", name="not wholly comparable", value=str(partly))
        for case in members:
            _add(element, case)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add(suite: ET.Element, case: Case) -> None:
    element = ET.SubElement(suite, "testcase", classname=_text(case.suite), name=_text(case.name))
    if case.place:
        element.set("file", str(case.place.file))
        if case.place.line:
            element.set("line", str(case.place.line))
    if case.problems:
        failure = ET.SubElement(element, "failure", message=_text(case.problems[0].split("\n")[0]))
        failure.text = _text("\n".join(case.problems))
    elif case.skipped:
        ET.SubElement(element, "skipped", message=_text(case.skipped))
    told = [*case.warnings, *(f"not comparable: {each}" for each in case.left_out)]
    if told:
        ET.SubElement(element, "system-out").text = _text("\n".join(told))


def _totals(cases: Sequence[Case]) -> dict[str, str]:
    verdicts = [case.verdict for case in cases]
    return {
        "tests": str(len(cases)),
        "failures": str(verdicts.count("failed")),
        "skipped": str(verdicts.count("skipped")),
        "errors": "0",
    }


def _text(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
