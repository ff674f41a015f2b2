"""Figures of a live Envoy, from its statistics."""

import re

from tamis.model.running import Traffic

__all__ = ["STATS", "traffic"]

#: Of Envoy's statistics, those that are read here: the value of `/stats?filter=`.
STATS = (
    r"^(http\.in\.downstream_rq_(total|[1-5]xx)"
    r"|tcp\.upstream\.downstream_cx_total"
    r"|wasm\.envoy\.wasm\.runtime\..*\.active|(wasm|dynamicmodules)custom\..*"
    r"|server\.memory_physical_size)$"
)
_CLASS = re.compile(r"http\.in\.downstream_rq_(?P<name>[1-5]xx)\Z")
_CUSTOM = re.compile(r"(?:wasm|dynamicmodules)custom\.(?P<name>.*)\Z")
_TOTALS = ("http.in.downstream_rq_total", "tcp.upstream.downstream_cx_total")


def traffic(stats: str) -> Traffic:
    """What the text of `/stats` tells: `name: value` on each line."""
    values = dict(line.split(": ", 1) for line in stats.splitlines() if ": " in line)
    answers, metrics = {}, {}
    for name, value in values.items():
        if found := _CLASS.match(name):
            answers[found["name"]] = int(value)
        elif found := _CUSTOM.match(name):
            metrics[found["name"]] = int(value) if value.isdecimal() else value
    vms = sum(int(value) for name, value in values.items() if name.endswith(".active"))
    return Traffic(
        requests=sum(int(values.get(name, 0)) for name in _TOTALS),
        answers={name: count for name, count in sorted(answers.items()) if count},
        metrics=metrics,
        vms=vms,
        memory=int(values.get("server.memory_physical_size", 0)),
    )
