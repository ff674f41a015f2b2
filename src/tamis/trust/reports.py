"""Reports of `check`, `test` and `bench` as what a key can sign: about this module, and not FAILED.

Source of facts: in-toto attestation framework, "Test Result v0.1".
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tamis import schemas
from tamis.errors import BadInput, Rejected
from tamis.trust.documents import Object, object_in
from tamis.trust.statement import LIMIT

__all__ = ["bench", "check", "report"]

_ADVICE = "Name what `tamis check --json`, `test --json` or `bench --json` printed."


def report(path: Path, verbs: Sequence[str]) -> Object:
    """What one of `verbs` printed under --json. Raises BadInput for anything else."""
    document = object_in(path, advice=_ADVICE, limit=LIMIT)
    verb = document.get("verb")
    if verb not in verbs:
        raise BadInput(f"{path} is not what tamis {' or '.join(verbs)} printed", advice=_ADVICE)
    from jsonschema import Draft202012Validator  # slow to load
    from jsonschema.exceptions import best_match

    fault = best_match(Draft202012Validator(schemas.of_output(str(verb))).iter_errors(document))
    if fault:
        where = ".".join(str(part) for part in fault.absolute_path) or "the whole"
        raise BadInput(
            f"{path} is no report that this tamis reads: {where}: {fault.message[:200]}",
            advice="Make it anew with this version of tamis.",
        )
    return document


def check(document: Object, module: str, what: str) -> Object:
    """The test result of a report of `check` or `test` about the module of that digest.

    Raises Rejected where it is about another, or says that something failed.
    """
    tell = _tested if document["verb"] == "test" else _checked
    passed, warned, failed, notes = tell(document, module, what)
    if failed:
        raise _failed(what, failed)
    return {
        "result": "WARNED" if warned else "PASSED",
        "configuration": [
            {
                "name": f"tamis {document['verb']}",
                "uri": f"https://tamis.dev/verbs/{document['verb']}",
                "annotations": {"tamis": document["tamis"], **notes},
            }
        ],
        "passedTests": passed,
        "warnedTests": warned,
        "failedTests": [],
    }


def bench(document: Object, module: str, what: str) -> Object:
    """The card about the module of that digest. Raises Rejected as `check` does."""
    card = _about(document.get("cards", ()), module, what)
    if not card["ok"]:
        broken = [str(each["name"]) for each in card["budgets"] if not each["ok"]]
        raise _failed(what, broken or ["fixtures"])
    return {"ok": True, "tamis": document["tamis"], "card": card}


_Told = tuple[list[str], list[str], list[str], Object]


def _checked(document: Object, module: str, what: str) -> _Told:
    found = _about(document.get("checks", ()), module, what)
    errors, warnings = (_names(found["findings"], severity) for severity in ("error", "warning"))
    failed = errors or ([] if found["ok"] else ["check"])
    passed = [] if failed or warnings else list(found["targets"])
    return passed, warnings, failed, {"targets": found["targets"]}


def _names(findings: Iterable[Mapping[str, Any]], severity: str) -> list[str]:
    """`id (target)`, each once."""
    found = (each for each in findings if each["severity"] == severity)
    named = (f"{each['id']} ({each['target']})" if each["target"] else each["id"] for each in found)
    return list(dict.fromkeys(named))


def _tested(document: Object, module: str, what: str) -> _Told:
    name = _about(document.get("modules", ()), module, what)["name"]
    runs = [each for each in document["runs"] if each["filter"] == name]
    fixtures = {each["fixture"] for each in runs}
    failed = [f"{each['fixture']} ({each['host']})" for each in runs if not each["ok"]]
    failed += [each["fixture"] for each in document["differences"] if each["fixture"] in fixtures]
    warned = [each["fixture"] for each in document["not_comparable"] if each["fixture"] in fixtures]
    passed = [f"{each['fixture']} ({each['host']})" for each in runs if each["ok"]]
    if not runs:
        raise Rejected(
            f"{what}: no fixture ran", advice="Add fixtures: tamis record, docs/fixtures.md."
        )
    hosts = list(dict.fromkeys(each["host"] for each in runs))
    return passed, list(dict.fromkeys(warned)), failed, {"hosts": hosts}


def _about(listed: Iterable[Mapping[str, Any]], module: str, what: str) -> Mapping[str, Any]:
    """The one about this module. Raises Rejected."""
    others = []
    for each in listed:
        if each["digest"] == module:
            return each
        others.append(f"{each['name']} {each['digest']}")
    about = ", ".join(others) or "no module"
    raise Rejected(
        f"{what} is about {about}, not about {module}",
        advice="Make the report of the module that was pushed: name the artifact, not a folder.",
    )


def _failed(what: str, failed: Sequence[str]) -> Rejected:
    told = ", ".join(failed[:5]) + (" ..." if len(failed) > 5 else "") or "it"
    return Rejected(
        f"{what} says FAILED ({told}): it is not signed",
        advice="A signed report is taken for approval: mend the filter, and attach the new one.",
    )
