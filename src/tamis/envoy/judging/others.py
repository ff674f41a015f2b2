"""The VMs beside the worker's: Envoy runs a canary and one on its main thread, which share state.

What they write when they start is what the worker's writes. What they write otherwise, or what the
worker reads of it, no other host shows.
"""

from collections.abc import Iterable, Sequence

from tamis.envoy.log import Record, call_of
from tamis.envoy.trace import Trace
from tamis.model.outcome import NotComparable

__all__ = ["TOLD", "counted", "misdirected", "seen"]

_SET, _GET = "proxy_set_shared_data", "proxy_get_shared_data"
_ENQUEUE, _REGISTER = "proxy_enqueue_shared_queue", "proxy_register_shared_queue"
_READY = "proxy_on_queue_ready"
_START = ("proxy_on_context_create", "proxy_on_vm_start", "proxy_on_configure")
_SHARED = "Envoy's other two VMs wrote shared data as well"
TOLD = "Envoy told another of its VMs of the queue"
_QUEUED = "Envoy's other two VMs filled the queue as well"


def seen(records: Sequence[Record], main_thread: int, worker: Trace) -> list[NotComparable]:
    """Why a run is not comparable, if other VMs changed what the worker's met."""
    if not any(each.thread == main_thread and _writes(each.text) for each in records):
        return []
    main = Trace(main_thread)
    main.feed(records)
    theirs = [
        (callback.name in _START, call.name)
        for callback in main.callbacks
        for call in callback.calls
        if call.result == "0"
    ]
    found = []
    wrote = [started for started, name in theirs if name == _SET]
    read = any(
        call.name == _GET
        for callback in worker.callbacks
        if callback.name in _START
        for call in callback.calls
    )
    if wrote and (read or not all(wrote)):
        found.append(NotComparable("", _SHARED))
    if any(name == _ENQUEUE for _, name in theirs):
        found.append(NotComparable("", _QUEUED))
    return found


def misdirected(records: Iterable[Record], main_thread: int) -> str | None:
    """Why another try may do better: the VM that registers a queue last is told of its items."""
    for record in records:
        if record.thread == main_thread and f"[host->vm] {_READY}" in record.text:
            return TOLD
    return None


def counted(records: Iterable[Record]) -> bool:
    """Whether queues were registered."""
    return any(
        (call := call_of(each)) is not None and call.name.endswith(_REGISTER)
        for each in records
        if _REGISTER in each.text
    )


def _writes(text: str) -> bool:
    return _SET in text or _ENQUEUE in text
