"""CEL expressions: as a real Envoy 1.40 answered, and what names stand for."""

import json
import struct
from pathlib import Path

import pytest
from tests.unit.host.foreign_guest import answers, module, run

from tamis.errors import BadInput
from tamis.model.plugin import Beside, Plugin

#: [expression, status of expr_create, then, if it is 0, status and result of expr_evaluate].
ANSWERS = json.loads((Path(__file__).parent / "cel_answers.json").read_text(encoding="utf-8"))
DECLARED_TEXT = ("declare_property", b"\x0a\x02kt\x18\x01")


def token(number: int) -> bytes:
    return struct.pack("<I", number)


def evaluated(*expressions: str, before=(), **rest) -> list[tuple[int, bytes]]:
    """What each gives in on_request_headers."""
    creates = [("expr_create", text.encode()) for text in expressions]
    asks = [("expr_evaluate", token(at)) for at in range(len(expressions))]
    guest = module(configure=[DECLARED_TEXT], request=[*before, *creates, *asks])
    return answers(guest, **rest)[-len(expressions) :]


def test_expressions_as_envoy_answers_them():
    creates = [("expr_create", row[0].encode()) for row in ANSWERS]
    tokens = [("expr_evaluate", token(at)) for at in range(len(ANSWERS))]
    guest = module(
        configure=[DECLARED_TEXT], request=[("=k", b"v"), ("=kt", b"v"), *creates, *tokens]
    )
    lines = answers(guest)[3:]
    created, given = lines[: len(ANSWERS)], lines[len(ANSWERS) :]
    differ = []
    for row, (status, result) in zip(ANSWERS, created, strict=True):
        found = [row[0], status]
        if status == 0:
            code, value = given[struct.unpack("<I", result)[0]]
            found += [code, value.hex()] if code == 0 else [code]
        if found != row:
            differ.append((found, row))
    assert not differ


def test_tokens():
    calls = [
        ("expr_create", b"1 +"),  # does not parse: no token
        ("expr_create", b"nosuch(1)"),  # parses: token 0 is used up
        ("expr_create", b"1"),
        ("expr_evaluate", token(0)),
        ("expr_evaluate", token(1)),
        ("expr_evaluate", b"1"),
        ("expr_delete", token(1)),
        ("expr_delete", token(1)),
        ("expr_delete", b""),
        ("expr_evaluate", token(1)),
    ]
    found = answers(module(configure=calls))
    assert [status for status, _ in found] == [2, 2, 0, 1, 0, 2, 0, 0, 2, 1]
    assert found[2][1] == token(1)


def test_each_plugin_counts_for_itself():
    guest = module(configure=[("expr_create", b"1")])
    beside = (Beside(Plugin(name="other", vm_id="probe")),)
    assert answers(guest, beside=beside) == [(0, token(0)), (0, token(0))]


def test_what_names_stand_for():
    before = [("=kt", b"text"), ("=kb", b"bytes")]
    properties = {
        ("source", "port"): struct.pack("<q", 80),
        ("connection", "id"): struct.pack("<Q", 2**63),
        ("request", "time"): struct.pack("<q", 1_767_225_600_123_456_789),
        ("metadata", "filter_metadata", "ns", "k"): b"deep",
    }
    cases = {
        "source.port + 1 == 81": b"\1",
        "connection.id == 9223372036854775808u": b"\1",
        "connection.id > 0u && connection.id == connection.id": b"\1",
        "[request.time][0] == timestamp('2026-01-01T00:00:00.123456789Z')": b"\1",
        "request.time + duration('1ns')": struct.pack("<q", 1_767_225_600_123_456_790),
        "request.headers['X-A'] + '!'": b"v,w!",
        "request.headers.exists(name, name == 'x-a')": b"\1",
        "kt + '!'": b"text!",
        "kb + b'!'": b"bytes!",
        "filter_state['wasm.kt'].startsWith('te')": b"\1",
        "metadata.filter_metadata['ns'].k + '!'": b"deep!",
        "['request'].map(request, request)[0]": b"request",
        "'time' in request && 'path' in request && !('nosuch' in request)": b"\1",
        "request.path // a comment": b"/p/a?q=1",
        "has(request.referer) ? 'yes' : 'no'": b"no",
    }
    found = evaluated(
        *cases, before=before, properties=properties, headers=[("x-a", "v"), ("x-a", "w")]
    )
    assert dict(zip(cases, found, strict=True)) == {key: (0, value) for key, value in cases.items()}


def test_a_plugin_has_no_stream():
    calls = [
        ("expr_create", b"request.path + ''"),
        ("expr_evaluate", token(0)),
        ("expr_create", b"plugin_name + '!'"),
        ("expr_evaluate", token(1)),
    ]
    found = answers(module(configure=calls))
    assert found[1] == (10, b"")
    assert found[3] == (0, b"p!")


def test_messages_of_envoy_need_envoy():
    guest = module(request=[("expr_create", b"envoy.config.core.v3.Locality{region: 'x'}")])
    with pytest.raises(BadInput, match="only Envoy itself can"):
        run(guest)


def test_a_busy_expression_ends():
    """The engine counts rounds, as in Envoy."""
    many = f"[{', '.join('1' * 100)}]"
    assert evaluated(f"{many}.map(a, {many}.map(b, {many}.map(c, 1))).size()") == [(10, b"")]
