"""Metadata as text: what travels with a module, and what a damaged copy says."""

import json

import pytest

from tamis.errors import BadInput
from tamis.model.artifact import Metadata
from tamis.model.metadata import decode, encode
from tamis.model.plugin import Plugin, plugin_of

WHOLE = Metadata(
    "f",
    "1.0.0",
    root_id="r",
    targets=("envoy",),
    vm_config="é",
    environment=("A=1", "B=x=y"),
    capabilities=("proxy_log",),
    failure_policy="reload",
    allow_on_headers_stop_iteration=True,
)


def test_round_trip():
    assert decode(encode(WHOLE), "here") == WHOLE


def test_defaults_are_left_out():
    assert encode(Metadata("f", "1")) == '{"name":"f","version":"1"}'


def test_the_plugin_that_it_means():
    assert plugin_of(WHOLE) == Plugin(
        "f",
        "r",
        None,
        "é".encode(),
        {"A": "1", "B": "x=y"},
        ("proxy_log",),
        "reload",
        allow_on_headers_stop_iteration=True,
    )
    assert plugin_of(Metadata("f", "1")) == Plugin("f")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("failure_policy", "opened"),
        ("failure_policy", True),
        ("allow_on_headers_stop_iteration", "true"),
        ("allow_on_headers_stop_iteration", 1.5),
        ("environment", {"A": "1"}),
        ("environment", [1]),
        ("capabilities", "proxy_log"),
        ("vm_config", None),
        ("layer", "tcp"),
    ],
)
def test_damage(name, value):
    text = json.dumps({"name": "f", "version": "1", name: value})
    with pytest.raises(BadInput, match=f"here: '{name}' cannot be "):
        decode(text, "here")
