"""A price table of this machine's Envoy: measured, written, and taken by predictions."""

import json
import os

import pytest

import tamis
from tamis.benches import prices
from tamis.errors import BadInput

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Of as few slices as can be: what it says is not worth much."""
    path = tmp_path_factory.mktemp("prices") / "deep" / "mine.toml"
    told = []
    made = tamis.calibrate(path, envoys=1, rounds=2, say=told.append)
    assert any("headers: Envoy 1 of 1" in each for each in told)
    return path, made


def test_a_table_of_this_machine_is_one(table):
    path, made = table
    found = prices.load(path=path)
    ours = prices.load()
    assert found.name == made.name == "mine"
    assert found.functions.keys() == ours.functions.keys()
    assert found.callbacks.keys() == ours.callbacks.keys()
    # However few slices: 20,000 rounds of a loop are more than noise.
    assert found.fuel.value > 0
    assert found.made.startswith("calibrated ")


def test_predictions_take_it(table, tamis_cli, root):
    path, _ = table
    filter = root / "benchmarks" / "filters" / "noop"
    done = tamis_cli("bench", filter, "--prices", path, "--json")
    (card,) = json.loads(done.out)["cards"]
    assert card["predicted"]["table"] == "mine"


def test_what_cannot_be_written_is_told_before(tmp_path, tamis_cli):
    done = tamis_cli("bench", "--calibrate", tmp_path)
    assert done.code == 2
    assert f"cannot write {tmp_path}: it is a folder" in done.err
    (tmp_path / "file").write_text("")
    done = tamis_cli("bench", "--calibrate", tmp_path / "file" / "prices.toml")
    assert done.code == 2
    assert "cannot write" in done.err


def test_a_folder_of_others_is_told_before(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(BadInput, match="its folder is not yours"):
        tamis.calibrate(tmp_path / "prices.toml")


def test_one_table_at_a_time(tmp_path, tamis_cli):
    done = tamis_cli("bench", "--calibrate", tmp_path / "a.toml", "--prices", tmp_path / "b.toml")
    assert done.code == 2
    assert "two tables" in done.err


def test_only_an_envoy_has_prices(tmp_path):
    with pytest.raises(BadInput, match="'native' is no Envoy"):
        tamis.calibrate(tmp_path / "prices.toml", host="native")
