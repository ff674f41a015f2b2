"""Metrics of one worker VM, out of an Envoy that adds up those of its three VMs.

The log tells what each VM did to which id, the admin interface how the names ended. An id's name
is found by its type, its length, and the value at which all VMs together must have ended.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tamis.envoy.log import Record, call_of
from tamis.envoy.process import Process
from tamis.envoy.trace import VM_CREATED
from tamis.model.exchange import to_bytes

__all__ = ["READ", "UNFIT", "Names", "identify", "left", "values"]

#: Why a run is not comparable whose filter read what other VMs had written.
READ = "the filter read a metric, and Envoy adds up those of its three VMs"
#: Why another try may do better, in another Envoy: a figure is not what its VMs made of it.
UNFIT = "Envoy's metrics are not what its VMs made of them"
_UNCLEAR = "Envoy adds up the metrics of its three VMs, and does not say which is which"
_TYPES = ("Counters", "Gauges")
_MASK = 2**64 - 1
#: What Envoy calls the metrics that plugins define.
_OURS = r"^(wasm|dynamicmodules)custom\."
_LINE = re.compile(r"(?:wasm|dynamicmodules)custom\.(?P<name>.*): (?P<value>\d+)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Names:
    """Which metric is which, by id and length of the name.

    `unclear`: why not all could be told; UNFIT when Envoy's figures are not those of the log.
    """

    names: Mapping[tuple[int, int], str]
    unclear: str | None = None


@dataclass(slots=True)
class _Metric:
    """One id, in whatever VM: what the worker's made of it, and all together."""

    type: int
    length: int
    worker: int = 0
    total: int = 0


def identify(records: Iterable[Record], worker: int, process: Process) -> Names:
    """While the VMs are there; `worker`: its thread. Names of histograms are left out."""
    metrics = _read(records, worker).metrics
    if not metrics:
        return Names({})
    return _match(metrics, [_ended(process, each) for each in _TYPES])


def left(process: Process) -> bool:
    """Whether metrics of plugins are there still: a plugin that comes now adds to them.

    They outlive the last VM until each of Envoy's threads has let go of them.
    """
    return bool(process.admin(f"/stats?filter={_OURS}"))


def values(records: Iterable[Record], worker: int, names: Names) -> tuple[dict[str, int], bool]:
    """What the worker made of each; and whether it read one that others had written to."""
    found: dict[str, int] = defaultdict(int)
    ids = _read(records, worker)
    for key, name in names.names.items():
        # Whatever defines a counter again adds to the same one.
        found[name] += ids.metrics[key].worker
    return dict(found), ids.mixed


def _read(records: Iterable[Record], worker: int) -> "_Ids":
    ids = _Ids(worker)
    for record in records:
        ids.take(record)
    return ids


class _Ids:
    """What VMs did to the metrics they defined, in the order of the log."""

    def __init__(self, worker: int) -> None:
        self.metrics: dict[tuple[int, int], _Metric] = {}
        self.mixed = False
        self._worker = worker
        self._lengths: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
        self._vms: dict[int, int] = defaultdict(int)
        self._called: dict[int, tuple[str, tuple[int, ...]]] = {}

    def take(self, record: Record) -> None:
        """One record of any thread."""
        if record.text.startswith(VM_CREATED):
            self._vms[record.thread] += 1
            return
        call = call_of(record)
        if call is None or not call.name.endswith("_metric"):
            return
        name = call.name.rpartition(".")[2]
        if call.way == "vm->host":
            self._called[record.thread] = name, call.args
        elif call.way == "vm<-host" and call.result == "0":
            name, args = self._called.pop(record.thread, ("", ()))
            self._done(record.thread, name, args)

    def _done(self, thread: int, name: str, args: tuple[int, ...]) -> None:
        lengths = self._lengths[thread, self._vms[thread]]
        if name == "proxy_define_metric":
            number = 1 + sum(each % 4 == args[0] for each in lengths)
            lengths[4 * number + args[0]] = args[2]
            self._of(lengths, 4 * number + args[0])
            return
        metric = self._of(lengths, args[0])
        if metric is None:
            return
        if name == "proxy_get_metric":
            self.mixed = self.mixed or (thread == self._worker and metric.worker != metric.total)
            return
        sets = name == "proxy_record_metric" and metric.type == 1
        metric.total = args[1] if sets else (metric.total + args[1]) & _MASK
        if thread == self._worker:
            metric.worker = args[1] if sets else (metric.worker + args[1]) & _MASK

    def _of(self, lengths: Mapping[int, int], number: int) -> _Metric | None:
        length = lengths.get(number)
        if length is None or number % 4 >= len(_TYPES):
            return None
        return self.metrics.setdefault((number, length), _Metric(number % 4, length))


def _match(metrics: Mapping[tuple[int, int], _Metric], named: list[dict[str, int]]) -> Names:
    alike: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for key, metric in metrics.items():
        alike[metric.type, metric.length].append(key)
    found: dict[tuple[int, int], str] = {}
    unclear: str | None = None
    for (kind, length), ids in alike.items():
        names = {name: end for name, end in named[kind].items() if len(to_bytes(name)) == length}
        if len(names) == 1 and (kind == 0 or len(ids) == 1):
            found |= dict.fromkeys(ids, *names)
            continue
        ends = sorted(metrics[key].total for key in ids)
        # Fewer names than ids are no contradiction: one was defined twice.
        if len(ids) <= len(names) and ends != sorted(names.values()):
            unclear = UNFIT
            continue
        for name, end in names.items():
            fitting = [key for key in ids if metrics[key].total == end and key not in found]
            same = len({metrics[key].worker for key in fitting}) == 1
            if same and len(ids) == len(names):
                found[fitting[0]] = name
            else:
                unclear = unclear or _UNCLEAR
    return Names(found, unclear)


def _ended(process: Process, kind: str) -> dict[str, int]:
    text = process.admin(f"/stats?filter={_OURS}&type={kind}")
    found = (_LINE.match(line) for line in text.splitlines())
    return {each["name"]: int(each["value"]) for each in found if each}
