"""A CEL expression as Envoy evaluates it: by the same engine, over properties."""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Protocol, Self

from tamis.host.foreign.answer import Caller, Refused, Status
from tamis.host.foreign.cel_names import Leaf, Names, bind, join
from tamis.host.foreign.cel_tree import Call, Tree, read
from tamis.host.foreign.cel_values import Value, encode, nanoseconds

__all__ = ["Expression"]

#: Functions by form; operators are none that could be written.
_OF_TIME = re.compile(
    "get(FullYear|Month|DayOf(Year|Month|Week)|Date|Hours|Minutes|Seconds|Milliseconds)"
)
_OF_TEXT = re.compile("matches|startsWith|endsWith|contains")
_GLOBAL = re.compile("string|int|uint|double|bool|bytes|dyn|type|duration|timestamp")
#: Messages that are linked into the engine here; Envoy has more.
_MESSAGES = "google.protobuf."


class _Program(Protocol):
    def eval(self, *, data: dict[str, object]) -> Value: ...
    def serialize(self) -> bytes: ...


class _Environment(Protocol):
    def compile(self, expression: str, disable_check: bool) -> _Program: ...


def _known(call: Call) -> bool:
    """Whether Envoy has a function of this name and form; asked of 1.40."""
    if not call.name.isidentifier():
        return True
    if call.name == "_in_":
        return call.arguments == 2 and not call.member
    if _OF_TIME.fullmatch(call.name):
        return call.member and call.arguments in (1, 2)
    if _OF_TEXT.fullmatch(call.name):
        return call.arguments == 2
    named = call.name == "size" or (_GLOBAL.fullmatch(call.name) and not call.member)
    return bool(named) and call.arguments == 1


@dataclass(slots=True)
class Expression:
    """`sound`: Envoy can build what was parsed."""

    engine: ModuleType
    text: str
    tree: Tree
    _programs: dict[str, _Program] = field(default_factory=dict)

    @classmethod
    def parse(cls, engine: ModuleType, text: bytes) -> Self:
        """Raises Refused for what does not parse."""
        try:
            program = _environment(engine).compile(text.decode(), disable_check=True)
        except (RuntimeError, UnicodeDecodeError):
            raise Refused(Status.BAD_ARGUMENT) from None
        return cls(engine, text.decode(), read(program.serialize()))

    @property
    def sound(self) -> bool:
        """Functions and messages are looked for when an expression is built, names are not."""
        return all(map(_known, self.tree.calls)) and all(
            name.startswith(_MESSAGES) for name in self.tree.messages
        )

    def evaluate(self, caller: Caller) -> bytes:
        """Raises Refused: INTERNAL_FAILURE for errors, SERIALIZATION_FAILURE for other results."""
        if self.tree.path is not None:
            return self._property(self.tree.path, caller)
        names = bind(self.tree.paths, caller)
        value = self._run(self.text, names)
        if value.type().name() in ("TIMESTAMP", "DURATION"):
            return nanoseconds(str(self._run(f"string({self.text}\n)", names).value()))
        return encode(value)

    def _property(self, path: tuple[str, ...], caller: Caller) -> bytes:
        """A path alone is what proxy_get_property reads, messages included."""
        status, data = caller.read(join(path))
        if status == Status.OK:
            return data
        unserializable = status == Status.SERIALIZATION_FAILURE
        raise Refused(Status.SERIALIZATION_FAILURE if unserializable else Status.INTERNAL_FAILURE)

    def _run(self, text: str, names: Names) -> Value:
        data: dict[str, object] = {}
        for name, value in names.items():
            if not _made(value):
                data[name] = _plain(value)
                continue
            # A comprehension over one value gives it a name, and CEL's own functions make it.
            given = f"tamis_{name}"
            data[given] = _plain(value)
            text = f"[{_maker(value, given)}].map({name}, {text}\n)[0]"
        program = self._programs.get(text)
        try:
            if program is None:
                program = _environment(self.engine).compile(text, disable_check=True)
                self._programs[text] = program
            return program.eval(data=data)
        except RuntimeError:
            raise Refused(Status.INTERNAL_FAILURE) from None


@cache
def _environment(engine: ModuleType) -> _Environment:
    environment: _Environment = engine.NewEnv()
    return environment


def _made(value: Leaf | Names) -> bool:
    """Whether anything in it is not a plain value."""
    return bool(value.maker) if isinstance(value, Leaf) else any(map(_made, value.values()))


def _plain(value: Leaf | Names) -> object:
    if isinstance(value, Leaf):
        return value.plain
    return {name: _plain(inner) for name, inner in value.items()}


def _maker(value: Leaf | Names, given: str) -> str:
    """The CEL text that makes the value of the plain one called `given`."""
    if isinstance(value, Leaf):
        return f"{value.maker}({given})" if value.maker else given
    if not _made(value):
        return given
    parts = (
        f"{_quoted(name)}: {_maker(inner, f'{given}[{_quoted(name)}]')}"
        for name, inner in value.items()
    )
    return f"{{{', '.join(parts)}}}"


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
