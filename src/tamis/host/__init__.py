"""The native host core: runs a module against fixtures as Envoy would, in this process.

`load` judges a module, `run` runs a fixture, `replay` repeats one natively.
"""

from tamis.host.engine import label
from tamis.host.loading import Refusal, load
from tamis.host.plugin import FAULTS, Limits, Plugin
from tamis.host.replay import Replay, replay
from tamis.host.run import run

__all__ = ["FAULTS", "Limits", "Plugin", "Refusal", "Replay", "label", "load", "replay", "run"]
