"""The load client of the core against a real Envoy."""

import json
import sys

import pytest

from tamis import _core
from tamis.envoy import Binary
from tamis.envoy.folder import run_folder
from tamis.envoy.process import Process

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(sys.platform != "linux", reason="the load client is Linux's alone"),
]

MANAGER = {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3"
    ".HttpConnectionManager",
    "stat_prefix": "s",
    "route_config": {
        "virtual_hosts": [
            {
                "name": "all",
                "domains": ["*"],
                "routes": [
                    {
                        "match": {"prefix": "/"},
                        "direct_response": {"status": 200, "body": {"inline_string": "pong"}},
                    }
                ],
            }
        ]
    },
    "http_filters": [
        {
            "name": "router",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
            },
        }
    ],
}
LISTENER = {
    "name": "l",
    "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
    "filter_chains": [{"filters": [{"name": "http", "typed_config": MANAGER}]}],
}
REQUESTS = [
    b"GET / HTTP/1.1\r\nhost: a\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nhost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc",
    b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    b"?\r\n\r\n",
]


def test_what_envoy_answers_is_understood(binary: Binary) -> None:
    folder = run_folder()
    admin = {"address": {"pipe": {"path": str(folder.admin)}}}
    bootstrap = json.dumps({"admin": admin, "static_resources": {"listeners": [LISTENER]}})
    with Process(binary, folder, lambda _: bootstrap, logs="main:info") as process:
        found = json.loads(process.admin("/listeners?format=json"))["listener_statuses"][0]
        port = found["local_address"]["socket_address"]["port_value"]
        with _core.Load(port, REQUESTS, 4, 20) as load:
            asked = [load.ask(i) for i in range(5)]
        with _core.Load(port, REQUESTS[:2], 4, 20) as load:
            tally = load.slice(400)
            steady = load.steady(2000, 200)
    # A request with a body that nobody reads costs Envoy its connection.
    assert [(each.status, each.closed, each.body) for each in asked] == [
        (200, False, 4),
        (200, False, 0),
        (200, True, 4),
        (200, True, 4),
        (400, True, 11),
    ]
    assert (tally.failed, tally.statuses) == (0, {200: 400})
    assert (steady.failed, steady.statuses, len(steady.latencies_ns)) == (0, {200: 200}, 1600)
