"""GitHub's files: ours, the action that others use, and the workflow of every scaffold."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent.parent
ACTION = ROOT / ".github" / "actions" / "setup" / "action.yml"
SCAFFOLD = ROOT / "src" / "tamis" / "templates" / "common" / ".github" / "workflows" / "ci.yml"
WORKFLOWS = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), SCAFFOLD]


def read(file: Path) -> dict:
    return YAML(typ="safe", pure=True).load(file.read_text("utf-8"))


def valid(kind: str, *files: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{kind}"]
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_they_are_what_github_takes():
    valid("github-workflows", *WORKFLOWS)
    valid("github-actions", ACTION)


def test_the_judge_would_say_no(tmp_path: Path):
    broken = tmp_path / "action.yml"
    broken.write_text(ACTION.read_text().replace("using: composite", "using: wishes"))
    with pytest.raises(AssertionError, match="wishes"):
        valid("github-actions", broken)


def test_a_scaffold_uses_the_action_as_it_is():
    inputs, used = read(ACTION)["inputs"], []
    for job in read(SCAFFOLD)["jobs"].values():
        for step in job["steps"]:
            if "/.github/actions/setup@" in step.get("uses", ""):
                used.append(step)
                assert set(step.get("with", {})) <= set(inputs)
    assert len(used) == 2


def test_a_scaffold_runs_verbs_with_options_they_have(tamis_cli):
    told = [
        step["run"]
        for job in read(SCAFFOLD)["jobs"].values()
        for step in job["steps"]
        if step.get("run", "").startswith("tamis ")
    ]
    assert len(told) == 3
    for line in told:
        verb = line.split()[1]
        known = tamis_cli(verb, "--help").out
        for option in re.findall(r"--[a-z-]+", line):
            assert f"{option} " in known, line


def step(name: str) -> dict:
    (found,) = [one for one in read(ACTION)["runs"]["steps"] if one.get("id") == name]
    return found


def ran(folder: Path, name: str, **environment: str) -> str:
    """What a step of the action writes to $GITHUB_OUTPUT, run as GitHub does."""
    output = folder / "github-output"
    output.write_text("")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step(name)["run"]],
        cwd=folder,
        env={**os.environ, "PATH": path, "GITHUB_OUTPUT": str(output), **environment},
        check=True,
    )
    return output.read_text()


def test_the_action_finds_out_the_languages(tmp_path: Path):
    for name, language in {
        "a": "rust", "b/deep": "tinygo", "c": "rust", "node_modules/x": "go", "d": "cpp",
    }.items():  # fmt: skip
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "tamis.toml").write_text(f'language = "{language}"\n')
    assert ran(tmp_path, "languages", LANGUAGE="") == "found=,cpp,rust,tinygo,\n"
    assert ran(tmp_path, "languages", LANGUAGE="go, rust") == "found=,go,rust,\n"
    (tmp_path / "empty").mkdir()
    assert ran(tmp_path / "empty", "languages", LANGUAGE="") == "found=,,\n"


@pytest.mark.parametrize(
    ("version", "extras", "wanted"),
    [
        ("", "all", "tamis[all]"),
        ("0.1.0", "", "tamis==0.1.0"),
        ("0.1.0", "cpp,envoy", "tamis[cpp,envoy]==0.1.0"),
    ],
)
def test_the_action_asks_pip_for_what_it_was_told(
    tmp_path: Path, version: str, extras: str, wanted: str
):
    (tmp_path / "python").write_text('#!/bin/sh\nfor last; do :; done\necho "$last" > asked\n')
    (tmp_path / "tamis").write_text("#!/bin/sh\necho tamis 9.8.7\n")
    for name in ("python", "tamis"):
        (tmp_path / name).chmod(0o755)
    script = f'PATH="{tmp_path}:$PATH"\n{step("tamis")["run"]}'
    output = tmp_path / "github-output"
    subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "GITHUB_OUTPUT": str(output), "VERSION": version, "EXTRAS": extras},
        check=True,
    )
    assert (tmp_path / "asked").read_text() == f"{wanted}\n"
    assert output.read_text() == "version=9.8.7\n"


def test_every_toolchain_of_the_action_belongs_to_a_language():
    from tamis.scaffold import LANGUAGES

    told = json.dumps(read(ACTION)["runs"]["steps"])
    named = set(re.findall(r"found, ',(\w+),'", told))
    assert named == {"rust", "go", "tinygo", "assemblyscript"}
    assert named < set(LANGUAGES)
