"""The two files that `tamis init` writes, from what is known of a project."""

import json
import re
from collections.abc import Sequence

from tamis.model.choices import Layer
from tamis.scaffold import toml
from tamis.scaffold.deployed import Deployed
from tamis.scaffold.project import Project

__all__ = ["adopted"]

_TARGETS = ("istio@1.30", "envoy@1.40")
#: JSON lets them stand as they are, YAML does not.
_INVISIBLE = re.compile(r"[\x7f-\x9f]")
_FIRST = """\
# A fixture: exchanges that `tamis test` sends through the filter. To go on:
#   tamis test -v        runs this one; it fails on a trap, and where two hosts differ
#   tamis test --update  writes down all that came out, in first.yaml.snap.json: from then on every
#                        change of it fails
#   expect: {request: {headers: {set: {x-a: ["1"]}}}}
#                        below an exchange says what matters; tamis schema fixture has it all
name: a first exchange
"""
_EXCHANGE = """\
exchanges:
- request:
    headers: [[":method", GET], [":scheme", https], [":authority", example.com], [":path", /]]
  answer:
    headers: [[":status", "200"], [content-type, text/plain]]
    body: [hello]
"""


def adopted(
    project: Project, deployed: Deployed | None = None
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The files by their path, and what people have to look at."""
    notes = list(project.notes)
    config = deployed.config if deployed else None
    table, spare = _config(config)
    layer: Layer = deployed.layer if deployed else "http"
    files = {"tamis.toml": _manifest(project, deployed, table).encode()}
    if layer == "http":
        files["fixtures/first.yaml"] = f"{_FIRST}{spare}{_EXCHANGE}".encode()
    else:
        notes.append("a network filter: this version of tamis has no fixtures for it yet")
    if spare:
        notes.append("pluginConfig has what TOML cannot say: it stands in fixtures/first.yaml")
    if deployed:
        notes += _unlike(project, deployed)
    return files, tuple(notes)


def _manifest(project: Project, deployed: Deployed | None, config: str) -> str:
    found = f"{project.evidence} and {deployed.file.name}" if deployed else project.evidence
    rows: list[tuple[str, object]] = [
        ("name", project.name),
        ("version", project.version),
        ("description", project.description),
        ("license", project.license),
        ("language", project.language),
        ("sources", list(project.sources)),
        ("context", deployed.context if deployed and deployed.context != "inbound" else ""),
        ("layer", deployed.layer if deployed and deployed.layer != "http" else ""),
        ("root_id", project.root_id or (deployed.root_id if deployed else "")),
        ("targets", list(_TARGETS)),
    ]
    head = [f"# From {found}, by tamis init. All keys: tamis schema tamis"]
    parts = ["\n".join([*head, *(toml.assignment(k, v) for k, v in rows if v)]) + "\n"]
    if project.settings:
        parts.append(toml.table(project.language, project.settings))
    if config:
        parts.append(config)
    if deployed and deployed.repository:
        parts.append(toml.table("publish", {"repository": deployed.repository}))
    else:
        told = toml.assignment("repository", f"registry.example/my-team/{project.name.lower()}")
        parts.append(f"# Where the artifact will live:\n# [publish]\n# {told}\n")
    return "\n".join(parts)


def _config(config: object) -> tuple[str, str]:
    """The default configuration as a TOML table; else as a line of the fixture."""
    if not isinstance(config, dict):
        return "", ""
    try:
        return toml.table("config", config), ""
    except toml.Unspeakable:
        text = json.dumps(config, ensure_ascii=False)
        return "", f"config: {_INVISIBLE.sub(_escaped, text)}\n"


def _escaped(character: re.Match[str]) -> str:
    return f"\\u{ord(character[0]):04x}"


def _unlike(project: Project, deployed: Deployed) -> Sequence[str]:
    notes = []
    if project.root_id and deployed.root_id and project.root_id != deployed.root_id:
        notes.append(
            f"the source registers '{project.root_id}', {deployed.file.name} names "
            f"'{deployed.root_id}': the source was believed"
        )
    if deployed.left:
        notes.append(
            f"tamis.toml has no place for {', '.join(deployed.left)} of {deployed.file.name}: "
            "copy them into what tamis render writes"
        )
    return notes
