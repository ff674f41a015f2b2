"""The bootstraps of an Envoy that is measured."""

import base64
import json
from pathlib import Path

import pytest

from tamis.envoy.folder import Folder
from tamis.envoy.measuring.lanes import Lane, lua, measured_bootstrap, origin_bootstrap
from tamis.envoy.native import CLOCK
from tamis.envoy.plugins import Loadable, typed_config
from tamis.fixtures.workload import SELECTOR
from tamis.model.exchange import Answer, CalloutMatch, CalloutReply, CalloutRule
from tamis.model.plugin import Plugin

FOLDER = Folder(Path("/run"))
LANES = (Lane("nothing"), Lane("lua x2", (lua("-- a"), lua("-- a"))))
ANSWER = Answer(
    ((":status", "404"), ("content-type", "text/x"), ("x-a", "50 %"), ("content-length", "2")),
    (b"o", b"k"),
)


def made(answers=(ANSWER,), services=(), *, bodies=False, shim=None):
    text = measured_bootstrap(FOLDER, LANES, answers, dict(services), bodies=bodies, shim=shim)
    return json.loads(text)["static_resources"]


def manager(listener):
    return listener["filter_chains"][0]["filters"][0]["typed_config"]


def names(listener):
    return [each["name"] for each in manager(listener)["http_filters"]]


def test_lanes_differ_in_their_filters_alone():
    nothing, two = made()["listeners"]
    assert [nothing["name"], two["name"]] == ["nothing", "lua x2"]
    assert names(nothing) == ["envoy.filters.http.router"]
    assert names(two) == ["lua x2-0", "lua x2-1", "envoy.filters.http.router"]
    for each in (nothing, two):
        manager(each).pop("http_filters")
        manager(each).pop("stat_prefix")
        each.pop("name")
    assert nothing == two


def test_the_exchanges_number_picks_its_answer():
    routes = manager(made((ANSWER, Answer()))["listeners"][0])["route_config"]["virtual_hosts"][0][
        "routes"
    ]
    assert [each["match"]["headers"][0]["string_match"]["exact"] for each in routes[:2]] == [
        "0",
        "1",
    ]
    assert {each["match"]["headers"][0]["name"] for each in routes[:2]} == {SELECTOR}
    first = routes[0]
    assert first["direct_response"]["status"] == 404
    assert base64.b64decode(first["direct_response"]["body"]["inline_bytes"]) == b"ok"
    added = [
        (each["header"]["key"], each["header"]["value"], each["append_action"])
        for each in first["response_headers_to_add"]
    ]
    # What frames the answer is Envoy's own, and so is what % begins.
    assert added == [
        ("content-type", "text/x", "OVERWRITE_IF_EXISTS_OR_ADD"),
        ("x-a", "50 %%", "APPEND_IF_EXISTS_OR_ADD"),
    ]
    # A filter that takes the number away is answered, too.
    assert routes[2] == {"match": {"prefix": ""}, "direct_response": {"status": 200}}


def test_bodies_are_waited_for():
    assert names(made(bodies=True)["listeners"][1])[-2:] == [
        "envoy.filters.http.buffer",
        "envoy.filters.http.router",
    ]


def test_clusters_are_those_of_callouts_and_of_the_shim():
    assert made()["clusters"] == []
    first, clock = made(services={"auth": 81}, shim=Path("/run/shim.so"))["clusters"]
    (endpoint,) = first["load_assignment"]["endpoints"][0]["lb_endpoints"]
    address = endpoint["endpoint"]["address"]["socket_address"]
    assert (first["name"], address["port_value"]) == ("auth", 81)
    assert clock["name"] == CLOCK


def test_the_origin_answers_by_the_first_rule_that_matches():
    rule = CalloutRule(
        CalloutMatch("auth", {":path": "/a"}), CalloutReply(((":status", "403"),), (b"no",))
    )
    origin = json.loads(origin_bootstrap(FOLDER, {"auth": (rule,), "users": ()}))
    auth, users = origin["static_resources"]["listeners"]
    assert (auth["name"], users["name"]) == ("auth", "users")
    routes = manager(auth)["route_config"]["virtual_hosts"][0]["routes"]
    (matcher,) = routes[0]["match"]["headers"]
    assert matcher == {"name": ":path", "string_match": {"exact": "/a"}}
    assert routes[0]["direct_response"]["status"] == 403
    assert routes[1]["direct_response"] == {"status": 200}


@pytest.mark.parametrize(
    ("kind", "ending"), [("wasm", ".Wasm"), ("module", "Filter"), ("twin", "Filter")]
)
def test_what_is_loaded_has_a_type(kind, ending):
    plugin = Plugin("p", "root", vm_id="tamis")
    found = typed_config(Loadable(Path("/run/x"), plugin, b"{}", kind, Path("/run/shim.so")))
    assert str(found["@type"]).endswith(ending)
    assert "/run/x" in json.dumps(found)
    assert ("/run/shim.so" in json.dumps(found)) == (kind == "twin")
