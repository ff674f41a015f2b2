"""The native host core: runs a module against fixtures as Envoy would, in this process.

`load` judges a module, `run` runs a fixture, `replay` repeats one natively, `replay_all` several,
`cold` times a start. `Twin` does the same with native code, in a process of its own.
"""

from tamis.host.cold import cold
from tamis.host.engine import NEWEST, label
from tamis.host.faults import FAULTS, Fault
from tamis.host.loading import Refusal, load
from tamis.host.replay import Stop, broken_by, replay, replay_all
from tamis.host.run import run
from tamis.host.twin import Twin

__all__ = [
    "FAULTS",
    "NEWEST",
    "Fault",
    "Refusal",
    "Stop",
    "Twin",
    "broken_by",
    "cold",
    "label",
    "load",
    "replay",
    "replay_all",
    "run",
]
