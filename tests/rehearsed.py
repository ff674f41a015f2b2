"""Rehearsals for the tests of their reports: one that went well, and one that did not."""

from dataclasses import replace

from tamis.model.rehearsed import Broken, Growth, Latency, Loss, Rehearsed, Swap, Told, Version

__all__ = ["BAD", "DIGEST", "GOOD", "OLD", "SWAPS"]

DIGEST = "sha256:" + "0" * 64
OLD = Version("a/old", "edge", "1.0.0", DIGEST, DIGEST)
NEW = Version("a/new", "edge", "1.1.0", DIGEST.replace("0", "1"), DIGEST)
SWAPS = (Swap("new", 0.02, 9.0, 8.0, 9.5, None, 95 << 20, 4), Swap("old", 0.06, 11.0, 7.0, 6.0))
GOOD = Rehearsed(
    old=OLD,
    new=NEW,
    host="envoy 1.40.0",
    way="filter",
    workers=2,
    rate=500,
    seconds=0.1,
    told=Told(3, 3),
    requests=50,
    answered=50,
    losses=(),
    stale=0,
    unknown=0,
    swaps=SWAPS,
    calm=Latency(40, 500, 1000),
    around=Latency(10, 600, 5000),
    growth=Growth(94 << 20, 95 << 20, 4, 4),
    timeline={
        "old": (10, 5, 0, 2, 10),
        "new": (0, 5, 10, 8, 0),
        "either": (0,) * 5,
        "neither": (0,) * 5,
        "failed": (0,) * 5,
    },
)
BAD = replace(
    GOOD,
    losses=(Loss("status 503", "new", 40, 0.021), Loss("connection reset", "swap", 1, 0.06)),
    stale=2,
    unknown=1,
    broken=(Broken("new", "proxy_on_log", "unreachable", 2),),
    healed=True,
    timeline={**GOOD.timeline, "failed": (0, 0, 40, 1, 0), "neither": (0, 0, 0, 0, 1)},
)
