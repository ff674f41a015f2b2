"""A guest that tells each callback in a word, and then does what a test wants in it."""

from collections.abc import Callable, Iterable

from tamis.model.outcome import LogLine

__all__ = ["CALLOUT", "talking", "told"]

#: What each callback says.
_WORDS = {
    "on_context_create": "c",
    "on_new_connection": "n",
    "on_downstream_data": "d",
    "on_upstream_data": "u",
    "on_upstream_connection_close": "U",
    "on_downstream_connection_close": "D",
    "on_request_headers": "h",
    "on_request_body": "b",
    "on_response_headers": "H",
    "on_response_body": "B",
    "on_done": "x",
    "on_log": "l",
    "on_delete": "k",
    "on_tick": "t",
    "on_http_call_response": "r",
    "on_vm_start": "V",
    "on_configure": "P",
}
_DIGITS = "0123456789"
#: What a callback answers where the test does not say.
_ANSWERS = {"on_vm_start": "1", "on_configure": "1", "on_done": "1"}
_SILENT = (
    "on_context_create on_tick on_http_call_response on_delete on_log"
    " on_upstream_connection_close on_downstream_connection_close"
)
_HEADERS = (
    r"\03\00\00\00"
    r"\05\00\00\00\01\00\00\00\07\00\00\00\03\00\00\00\0a\00\00\00\01\00\00\00"
    r":path\00/\00:method\00GET\00:authority\00a\00"
)
#: Makes an HTTP callout to cluster "a"; needs `uses="http_call"`.
CALLOUT = (
    "(drop (call $http_call (i32.const 1400) (i32.const 1) (i32.const 1300) (i32.const 61)"
    " (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 32)))"
)


def talking(
    guest: Callable[..., bytes], *, uses: str = "", extra: str = "", http: bool = False, **acts: str
) -> bytes:
    """A module whose callbacks speak, then run what `acts` has for them: WAT that leaves the
    callback's answer, or nothing where it has none. `http`: an HTTP filter, not a network filter.
    """
    network = {"on_new_connection", "on_downstream_data", "on_upstream_data"}
    of_http = {"on_request_headers", "on_request_body", "on_response_headers", "on_response_body"}
    letters = "".join(_WORDS.values()) + _DIGITS
    bodies = {}
    for name in _WORDS:
        if name in (network if http else of_http) and name not in acts:
            continue
        speech = f"(call $say (i32.const {letters.index(_WORDS[name])}))"
        if name == "on_context_create":
            speech = f"(if (local.get 1) (then {speech}))"
        if name in ("on_downstream_data", "on_upstream_data"):
            speech += f"(call $show (i32.const {2 if 'down' in name else 3}) (local.get 2))"
        if name.endswith("connection_close"):
            speech += f"(call $say (i32.add (i32.const {letters.index('0')}) (local.get 1)))"
        silent = name in _SILENT.split()
        answer = "" if silent else f"(i32.const {_ANSWERS.get(name, '0')})"
        bodies[name] = speech + acts.pop(name, answer)
    assert not acts
    helpers = """
      (func $say (param i32)
        (drop (call $log (i32.const 3) (i32.add (i32.const 1024) (local.get 0)) (i32.const 1))))
      (func $show (param i32 i32)
        (drop (call $buffer (local.get 0) (i32.const 0) (i32.const 1000) (i32.const 16)
          (i32.const 20)))
        (drop (call $log (i32.add (i32.const 1) (local.get 1)) (i32.load (i32.const 16))
          (i32.load (i32.const 20)))))
    """
    return guest(
        uses=f"log buffer {uses}",
        data=letters,
        extra=f'{helpers} (data (i32.const 1300) "{_HEADERS}") (data (i32.const 1400) "a") {extra}',
        **bodies,
    )


def told(lines: Iterable[LogLine], *, end: bool = False) -> str:
    """What was said, in order; data in brackets, closed by `.` where they were the last. `end`:
    also when the plugins were taken out, after the last step.
    """
    lines = list(lines)
    steps = [line.step is not None for line in lines]
    if not end and any(steps):
        lines = lines[: len(lines) - steps[::-1].index(True)]
    words = []
    for line in lines:
        if line.level == "warn":
            words.append(line.message)
        else:
            words.append(f"({line.message}{'.' if line.level == 'info' else ''})")
    return "".join(words)
