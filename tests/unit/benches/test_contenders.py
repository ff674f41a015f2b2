"""Ways to do the same work, as lanes of an Envoy."""

from pathlib import Path

from tamis.benches.timing.contenders import Contender, lane_name
from tamis.fixtures.workload import choose
from tamis.model.exchange import Exchange, Fixture, Request
from tamis.model.plugin import Plugin

PLUGIN = Plugin("p", "root", vm_id="mine")
FIXTURE = Fixture("f", Path("f.yaml"), (Exchange(Request(())),), config=b"{}", plugin=PLUGIN)
LOAD = choose((FIXTURE,), b"{}")


def machines(lane):
    return [each["config"]["vm_config"]["vm_id"] for each in lane.filters]


def test_a_chain_is_of_one_vm_or_of_several(tmp_path):
    wasm = Contender("wasm", b"module")
    lane = wasm.lane(tmp_path, LOAD, chain=4)
    assert (lane.name, machines(lane)) == ("wasm x4", ["tamis.0"] * 4)
    assert machines(wasm.lane(tmp_path, LOAD, chain=4, vms=2)) == ["tamis.0", "tamis.1"] * 2
    assert (tmp_path / "wasm.wasm").read_bytes() == b"module"
    assert lane.filters[0]["config"]["root_id"] == "root"


def test_native_code_is_a_library(tmp_path):
    (filter_,) = Contender("native", b"elf", "twin").lane(tmp_path, LOAD).filters
    assert (tmp_path / "native.so").read_bytes() == b"elf"
    assert filter_["filter_name"] == str(tmp_path / "native.so")


def test_built_in_filters_do_the_work_together(tmp_path):
    one, two = {"@type": "one"}, {"@type": "two"}
    lane = Contender("built-in", typed=(one, two)).lane(tmp_path, LOAD, chain=2)
    assert lane.filters == (one, two, one, two)
    assert list(tmp_path.iterdir()) == []


def test_a_lane_of_one_has_the_contenders_name():
    assert (lane_name("wasm", 1), lane_name("wasm", 8)) == ("wasm", "wasm x8")
