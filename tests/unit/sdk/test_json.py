"""The JSON reader: what it accepts, what it says about the rest."""

import json
import random

import pytest


@pytest.fixture
def read(outcome_of):
    """(accepted, the text written again or the error)."""

    def read(text):
        data = text if isinstance(text, bytes) else text.encode()
        outcome = outcome_of("json", data)
        assert outcome.trap is None
        return outcome.start == "ok", outcome.logs[0].message

    return read


@pytest.mark.parametrize(
    "text",
    [
        "null", "true", "false", "[]", "{}", '""', "0", "-0.5", "1e9", "1E+9", "12.50e-3",
        " [ 1 , 2 ] ",
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1" * 40,
        '{"a": {"b": [null, true, {"c": "d"}]}, "e": ""}', '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
        '"\\u0041\\u00e9\\u20ac\\ud83d\\ude00"', '"Grüße 😀"', '{"\\u0061": 1, "b\\n": 2}',
        "[" * 32 + "]" * 32, '"a\\u0000b"', "\n\t\r [1]\n", '["\\\\", "\\""]',
    ],
)  # fmt: skip
def test_what_is_json_is_read(read, text):
    accepted, written = read(text)
    assert accepted, written
    assert json.loads(written) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "1:1: expected a value"),
        (" ", "1:2: expected a value"),
        ("nul", "1:1: expected a value"),
        ("[1,]", "1:4: expected a value"),
        ("[1 2]", "1:4: expected ',' or ']'"),
        ("[", "1:2: expected a value"),
        ("{", "1:2: expected a key in quotes"),
        ('{"a"}', "1:5: expected ':'"),
        ('{"a":1,}', "1:8: expected a key in quotes"),
        ('{"a":1', "1:7: expected ',' or '}'"),
        ("{a:1}", "1:2: expected a key in quotes"),
        ('{"a":1,\n "a":2}', "2:2: duplicate key"),
        ('{"a":1, "\\u0061":2}', "1:9: duplicate key"),
        ("1 2", "1:3: expected the end"),
        ("01", "1:2: expected the end"),
        ("-", "1:2: expected a digit"),
        ("1.", "1:3: expected a digit"),
        ("1e+", "1:4: expected a digit"),
        ("+1", "1:1: expected a value"),
        ("'a'", "1:1: expected a value"),
        ('"a', "1:3: string without an end"),
        ('"a\\', "1:4: unknown escape"),
        ('"\\x"', "1:3: unknown escape"),
        ('"\\u12g4"', "1:6: expected four hexadecimal digits"),
        ('"\\ud800"', "1:8: half of a surrogate pair"),
        ('"\\udc00"', "1:8: half of a surrogate pair"),
        ('"\\ud800\\u0041"', "1:14: half of a surrogate pair"),
        ('"a\nb"', "1:3: control character in a string"),
        (b'"a\0b"', "1:3: control character in a string"),
        ('["é", "日本", x]', "1:13: expected a value"),
        ("[\n\n  x]", "3:3: expected a value"),
        ("[" * 34, "1:34: nested too deeply"),
        ('{"a":' * 5000, "1:166: nested too deeply"),
        ("// no", "1:1: expected a value"),
        ("\ufeff1", "1:1: expected a value"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(read, text, error):
    assert read(text) == (False, error)


def test_every_value_knows_its_path(outcome_of):
    outcome = outcome_of("json", b'{"a": [1, {"b": null}, [[2]]], "c": {"d": {}}}')
    assert outcome.logs[1].message == (
        "<><a><a[0]><a[1]><a[1].b><a[2]><a[2][0]><a[2][0][0]><c><c.d>"
    )


def anything(chance, depth=0):
    kind = chance.randrange(7 if depth < 5 else 5)
    if kind == 0:
        return chance.choice([None, True, False])
    if kind == 1:
        return chance.randrange(-(2**63), 2**63)
    if kind in (2, 3, 4):
        return "".join(chance.choice('a"\\\n\x01é€😀/') for _ in range(chance.randrange(12)))
    items = [anything(chance, depth + 1) for _ in range(chance.randrange(5))]
    return items if kind == 5 else {f"{anything(chance, 9)}{n}": i for n, i in enumerate(items)}


@pytest.mark.parametrize("seed", range(60))
def test_any_document_survives(read, seed):
    chance = random.Random(seed)
    document = [anything(chance) for _ in range(4)]
    text = json.dumps(document, ensure_ascii=chance.random() < 0.5, indent=chance.choice([None, 1]))
    accepted, written = read(text)
    assert accepted
    assert json.loads(written) == document


@pytest.mark.parametrize("seed", range(60))
def test_damaged_documents_never_trap(read, seed):
    chance = random.Random(seed)
    data = bytearray(json.dumps([anything(chance) for _ in range(4)]).encode())
    for _ in range(3):
        data[chance.randrange(len(data))] = chance.randrange(256)
    accepted, _ = read(bytes(data[: chance.randrange(1, len(data) + 1)]))
    assert accepted in (True, False)
