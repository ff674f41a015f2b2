"""The native host core: runs a module against fixtures as Envoy would, in this process.

`load` judges a module, `run` runs a fixture, `replay` repeats one natively, `replay_all` several,
`cold` times a start.
"""

from tamis.host.cold import cold
from tamis.host.engine import NEWEST, label
from tamis.host.faults import FAULTS, Fault
from tamis.host.loading import Refusal, load
from tamis.host.replay import Stop, broken_by, replay, replay_all
from tamis.host.run import run

__all__ = [
    "FAULTS",
    "NEWEST",
    "Fault",
    "Refusal",
    "Stop",
    "broken_by",
    "cold",
    "label",
    "load",
    "replay",
    "replay_all",
    "run",
]
