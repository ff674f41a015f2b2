"""What the worker's VMs did, read from Envoy's log while it is written: callbacks, each with the
host functions it called and the lines it logged.

Only the worker's thread counts: Envoy also runs a VM for the canary and one on its main thread.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tamis.envoy.log import GUESTS, Record, call_of
from tamis.model.outcome import Trap, TrapKind

__all__ = ["VM_CREATED", "Callback", "HostCall", "Line", "Trace", "trap_of"]

#: How Envoy, and the shim, tell that a thread has got a VM of its own.
VM_CREATED = ("Thread-Local Wasm created", "Thread-local twin created")
_LEVELS = {"warning": "warn"}
_LOG = "wasm log"
_FAILED = re.compile(r"Function: (?P<callback>\S+) failed: (?P<text>[^\n]*)")
# V8's words; anything else is "other".
_KINDS: tuple[tuple[str, TrapKind], ...] = (
    ("unreachable", "unreachable"),
    ("memory access out of bounds", "oob"),
    ("Maximum call stack size exceeded", "stack"),
    ("Out of memory", "oom"),
)
_EFFECTIVE = "proxy_set_effective_context"


@dataclass(slots=True)
class HostCall:
    """A host function that was called. `context` it was called for; `result` "" until it returned.

    `vm`: which VM of the thread, counted from 1.
    """

    name: str
    args: tuple[int, ...]
    context: int
    vm: int
    result: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What a guest logged: its level, and its text with Envoy's prefix; for which context."""

    level: str
    text: str
    context: int


@dataclass(slots=True, eq=False)
class Callback:
    """A guest function that Envoy called. `result` "" until it returned. `step` during which.

    `untimely`: a timer's, at a time that the fixture does not know.
    """

    name: str
    args: tuple[int, ...]
    vm: int
    step: int | None
    calls: list[HostCall] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    result: str = ""
    broken: bool = False
    untimely: bool = False

    @property
    def context(self) -> int:
        """The context it was called for."""
        return self.args[0] if self.args else 0


class Trace:
    """Grows as records are given to it. `step`: which one runs now, set by whoever runs it."""

    def __init__(self, thread: int, step: int | None = None) -> None:
        self.step = step
        self.callbacks: list[Callback] = []
        self.trap: Trap | None = None
        self.failed = False  # a VM broke, and there is no other yet
        self.failed_vm = 0
        self._thread = thread
        self._vm = 1
        self._open: list[tuple[Callback, int]] = []  # with the context now in force
        self._called: list[HostCall] = []

    def feed(self, records: Iterable[Record]) -> None:
        """Take in what was logged since."""
        for record in records:
            if record.thread == self._thread and record.logger in GUESTS:
                self._take(record)

    def calls(self) -> Iterator[HostCall]:
        """All host functions that were called, in order."""
        for callback in self.callbacks:
            yield from callback.calls

    def _take(self, record: Record) -> None:
        call = call_of(record)
        if call is None:
            self._tell(record)
        elif call.way == "host->vm":
            self._enter(call.name, call.args)
        elif call.way == "host<-vm":
            if self._open:
                callback, _ = self._open.pop()
                callback.result = call.result
        elif call.way == "vm->host":
            self._called.append(self._call(call.name.rpartition(".")[2], call.args))
        elif self._called:
            self._return(call.result)

    def _enter(self, name: str, args: tuple[int, ...]) -> None:
        callback = Callback(name, args, self._vm, self.step)
        self.callbacks.append(callback)
        # The guest's allocator runs inside the host function that needs it.
        nested = self._open[-1][1] if self._open and not name.startswith("proxy_on") else None
        self._open.append((callback, callback.context if nested is None else nested))

    def _call(self, name: str, args: tuple[int, ...]) -> HostCall:
        callback, context = self._open[-1] if self._open else (None, 0)
        call = HostCall(name, args, context, self._vm)
        if callback:
            callback.calls.append(call)
        return call

    def _return(self, result: str) -> None:
        call = self._called.pop()
        call.result = result
        if call.name == _EFFECTIVE and result == "0" and self._open:
            self._open[-1] = (self._open[-1][0], call.args[0])

    def _tell(self, record: Record) -> None:
        text = record.text
        if text.startswith(_LOG):
            if self._open:
                level = _LEVELS.get(record.level, record.level)
                line = Line(level, text.removeprefix(_LOG), self._open[-1][1])
                self._open[0][0].lines.append(line)
        elif text.startswith(VM_CREATED):
            self._vm += 1
            self.failed = False
        else:
            broken = trap_of(record)
            if broken:
                self._break(broken)

    def _break(self, broken: Trap) -> None:
        """No return follows: whatever was open has ended."""
        self.trap = self.trap or broken
        self.failed = True
        self.failed_vm = self._open[0][0].vm if self._open else self._vm
        for callback, _ in self._open:
            callback.broken = True
        self._open.clear()
        self._called.clear()


def trap_of(record: Record) -> Trap | None:
    """The guest function that broke, if the record tells of one."""
    found = _FAILED.match(record.text)
    if not found:
        return None
    text = found["text"]
    kinds = [kind for words, kind in _KINDS if words in text]
    return Trap(found["callback"], kinds[0] if kinds else "other", text)
