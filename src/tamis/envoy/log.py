"""Envoy's log as records: what the guest wrote, and every crossing of the Wasm boundary.

At trace level Envoy's Wasm runtime logs each call in both directions:

    [host->vm] proxy_on_request_headers(2, 4, 1)     Envoy calls the guest
    [vm->host] env.proxy_log(2, 1024, 5)             the guest calls Envoy
    [vm<-host] env.proxy_log return: 0
    [host<-vm] proxy_on_request_headers return: 0

Each record begins with a nonce, so a message of many lines stays one record.
"""

import ctypes
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["GUESTS", "Call", "Log", "Record", "call_of", "whole"]

#: Loggers of what filters do: of Envoy's Wasm, and of native modules, where the shim of twins uses
#: the same words.
GUESTS = frozenset({"wasm", "dynamic_modules"})

_HEAD = re.compile(r"(?P<thread>\d+) (?P<level>\w+) (?P<logger>\w+) ", re.ASCII)
_CALL = re.compile(
    r"\[(?P<way>host->vm|host<-vm|vm->host|vm<-host)\] (?P<name>[^( ]+)"
    r"(?:\((?P<args>[^)]*)\)| return: (?P<result>.*))\Z",
    re.DOTALL,
)

#: Bytes of text that has been read before its room is given back.
_ROOM = 8 << 20
#: fallocate(2): the file keeps its size, so that whoever writes it goes on where it was.
_KEEP_SIZE, _PUNCH_HOLE = 1, 2


@dataclass(frozen=True, slots=True)
class Record:
    """One entry; `thread` 0 for the access log. Bytes that are not UTF-8: surrogateescape."""

    thread: int
    level: str
    logger: str
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A crossing. `args` of a call, `result` ("void" or a number) of a return."""

    way: Literal["host->vm", "host<-vm", "vm->host", "vm<-host"]
    name: str
    args: tuple[int, ...] = ()
    result: str = ""


def call_of(record: Record) -> Call | None:
    """The crossing a record tells of, if it does; a guest's message never looks like one."""
    if record.logger not in GUESTS or record.level != "trace":
        return None
    found = _CALL.match(record.text)
    if not found:
        return None
    args = tuple(int(arg) for arg in (found["args"] or "").split(",") if arg.strip().isdigit())
    return Call(found["way"], found["name"], args, found["result"] or "")  # type: ignore[arg-type]


def whole(path: Path, nonce: str) -> tuple[Record, ...]:
    """All records of a log that nobody writes to any more."""
    log = Log(path, nonce)
    log.poll()
    log.end()
    log.close()
    return tuple(log.records)


class Log:
    """Follows a log file; `records` grows whenever `poll` is called."""

    def __init__(self, path: Path, nonce: str) -> None:
        self._file = path.open("r+b")
        self._freed = 0
        self._nonce = nonce.encode() + b" "
        self._rest = b""
        self.records: list[Record] = []

    def poll(self) -> bool:
        """Read what was written since; whether that was anything.

        The last record is held back until the next one begins or its line ends: a message of
        several lines may be read in two parts only if its writer was interrupted, and the one
        after it (every guest call is followed by its return) completes it.
        """
        new = self._file.read()
        if not new:
            return False
        parts = (self._rest + new).split(b"\n" + self._nonce)
        self._rest = parts.pop()
        self._add(parts)
        if self._rest.endswith(b"\n") and self._is_single():
            self.end()
        return True

    def take(self) -> list[Record]:
        """Hand over all records, and give the room on disk back that their text takes.

        So an Envoy that serves for days does not fill it. A message that nothing follows is whole
        once nothing has come between two calls.
        """
        if not self.poll() and self._rest.endswith(b"\n"):
            self.end()
        records, self.records = self.records, []
        if (read := self._file.tell()) - self._freed > _ROOM:
            _free(self._file.fileno(), read)
            self._freed = read
        return records

    def skip(self) -> None:
        """Pass over what was not read yet, and forget the rest."""
        self._file.seek(0, os.SEEK_END)
        self._rest = b""
        self.records = []

    def end(self) -> None:
        """Nothing more is written: the last record is whole."""
        self._add([self._rest.removesuffix(b"\n")])
        self._rest = b""

    def close(self) -> None:
        """Stop following."""
        self._file.close()

    def _is_single(self) -> bool:
        # Only the guest writes several lines: as "wasm log ...", and in the state of a stream.
        head = self._rest[:64]
        spoken = any(f" {logger} wasm log".encode() in head for logger in GUESTS)
        return not spoken and b" access state " not in head

    def _add(self, parts: list[bytes]) -> None:
        for part in parts:
            text = part.removeprefix(self._nonce).decode("utf-8", "surrogateescape")
            head = _HEAD.match(text)
            if head:
                rest = text[head.end() :]
                self.records.append(
                    Record(int(head["thread"]), head["level"], head["logger"], rest)
                )


def _free(file: int, size: int) -> None:
    """The first `size` bytes of a file need no room any more, where the system can do that."""
    fallocate = getattr(ctypes.CDLL(None), "fallocate", None)
    if fallocate is not None:
        offset = ctypes.c_int64
        fallocate(file, _KEEP_SIZE | _PUNCH_HOLE, offset(0), offset(size))
