"""The JSON readers of the C and Zig SDKs: what they accept, and where the rest is broken."""

import json
import random
from functools import cache

import pytest

from tamis.host import run
from tamis.model.filter import Filter
from tamis.toolchains import Here, toolchain_for

from .conftest import HERE, fixture

#: Zig's checks turn what would be undefined in a small module into a trap.
BUILDS = [("c", "size"), ("zig", "ReleaseSmall"), ("zig", "ReleaseSafe")]


@cache
def built(language: str, optimize: str) -> bytes:
    source = HERE / "filters" / f"json.{language}"
    settings = {"optimize": optimize}
    with Here() as shop:
        filter_ = Filter(
            source.parent, source.stem, "1.0.0", language, (source,), settings=settings
        )
        return toolchain_for(language).build(filter_, shop).wasm


@pytest.fixture(params=BUILDS, ids=" ".join)
def lines(request):
    """(accepted, the log's lines): the text written again and some members, or the error."""

    def lines(text):
        data = text if isinstance(text, bytes) else text.encode()
        ran = run(built(*request.param), fixture(data))
        assert ran.outcome is not None, ran.problems
        assert ran.outcome.trap is None
        return ran.outcome.start == "ok", [line.message for line in ran.outcome.logs]

    return lines


@pytest.mark.parametrize(
    "text",
    [
        "null", "true", "false", "[]", "{}", '""', "0", "-0", "-0.5", "1e9", "1E+9", "12.50e-3",
        " [ 1 , 2 ] ", "[[],{}]", "[{}]", "1" * 40, "\n\t\r [1]\n",
        '{"a": {"b": [null, true, {"c": "d"}]}, "e": ""}', '{"a": {"k": 1}, "b": {"k": 2}}',
        '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '["\\\\", "\\""]', '"a\\u0000b"', '"\\u007f\\u0080\\u07ff"',
        '"\\u0041\\u00e9\\u20ac\\ud83d\\ude00"',
        '"\\ud800\\udc00\\uDBFF\\uDFFF\\uFFFF\\ud7ff\\ue000"',
        '"Grüße 😀"', '{"\\u0061": 1, "b\\n": 2}', "[" * 33 + "]" * 33, '{"":{"":0}}',
        '{"a":' * 32 + "1" + "}" * 32, "[" + "[]," * 100 + "[]]",
    ],
)  # fmt: skip
def test_what_is_json_is_read(lines, text):
    accepted, told = lines(text)
    assert accepted, told
    assert json.loads(told[0]) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 0), (" ", 1), ("nul", 3), ("nulL", 3), ("truefalse", 4), ("[1,]", 3), ("[1 2]", 3),
        ("[,1]", 1), ("[1,,2]", 3), ("[", 1), ("[1", 2), ("]", 0), ("{", 1), ("{]", 1), ("[}", 1),
        ('{"a"}', 4), ('{"a":}', 5), ('{"a":1,}', 7), ('{"a":1', 6), ("{a:1}", 1), ('{"a" 1}', 5),
        ('{1:1}', 1), ('{"a":1 "b":2}', 7), ("1 2", 2), ("01", 1), ("-01", 2), ("-", 1), ("--1", 1),
        ("1.", 2), (".5", 0), ("1.e5", 2), ("1e", 2), ("1e+", 3), ("0x1", 1), ("+1", 0), ("1f", 1),
        ("NaN", 0), ("'a'", 0), ("// no", 0), ("{}//", 2), ('"a" b', 4), ("[] ]", 3), ("{}{}", 2),
        ("[\n\n  x]", 5), ('["é", "日本", x]', 17), ("\ufeff1", 0), ("[1]\0", 3), ("\0", 0),
        ('{"a":1,\n "a":2}', 9), ('{"a":1, "\\u0061":2}', 8), ('[{"b":0,"c":1,"b":2}]', 14),
        ('"a', 2), ('"', 1), ('"a\\', 2), ('"a\\"', 4), ('"\\x"', 1), ('"\\U0041"', 1),
        ('"\\u"', 1), ('"\\u12', 1), ('"\\u12g4"', 1), ('"\\u12/4"', 1), ('"\\u12:4"', 1),
        ('"\\u12@4"', 1), ('"\\u12G4"', 1), ('"\\u12`4"', 1), ('"\\u 123"', 1),
        (b'"\\u00\xe94"', 1),
        ('"\\ud800"', 1), ('"\\udc00"', 1), ('"\\udc00\\udc00"', 1),
        ('"\\ud800\\u0041"', 1), ('"\\ud800\\ud800"', 1),
        ('"\\ud800\\n"', 1), ('"\\ud800', 1), ('"\\ud800\\', 1), ('"\\ud800\\u', 1),
        ('"\\ud800\\udc0', 1), ('"\\ud800\\ue000"', 1), ('"ab\\udfff"', 3),
        ('"a\nb"', 2), ('"a\tb"', 2), (b'"a\0b"', 2), (b'"a\x1fb"', 2),
        ("[" * 33, 33), ("[" * 5000, 33), ('{"a":' * 5000, 161),
    ],
)  # fmt: skip
def test_what_is_not_json_is_refused_with_its_place(lines, text, at):
    accepted, told = lines(text)
    assert (accepted, told) == (False, [f"not JSON at byte {at}"])


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ('{"text": "a\\u00e9", "flag": true, "count": 12}', "aé true 12"),
        ('{"text": 1, "flag": "true", "count": "12"}', "none none none"),
        ('{"text": null, "flag": 1, "count": true}', "none none none"),
        ('{"a": {"text": "x", "flag": true, "count": 1}}', "none none none"),
        ('["text", "flag", "count"]', "none none none"),
        ('"text"', "none none none"),
        ('{"tex": "x", "texts": "x", "flag": false, "count": -0}', "none false 0"),
        ('{"text": "", "count": 1.0}', " none none"),
        ('{"count": 1e2}', "none none none"),
        ('{"count": 9223372036854775807}', "none none 9223372036854775807"),
        ('{"count": -9223372036854775808}', "none none -9223372036854775808"),
        ('{"count": 9223372036854775808}', "none none none"),
        ('{"count": -9223372036854775809}', "none none none"),
        ('{"count": 18446744073709551617}', "none none none"),
        (f'{{"count": {"1" * 40}}}', "none none none"),
    ],
)
def test_members_are_found_by_name_and_type(lines, text, members):
    accepted, told = lines(text)
    assert accepted
    assert told[1] == members


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


@pytest.mark.parametrize("seed", range(40))
def test_any_document_survives(lines, seed):
    chance = random.Random(seed)
    document = [anything(chance) for _ in range(4)]
    text = json.dumps(document, ensure_ascii=chance.random() < 0.5, indent=chance.choice([None, 1]))
    accepted, told = lines(text)
    assert accepted
    assert json.loads(told[0]) == document


@pytest.mark.parametrize("seed", range(40))
def test_any_truncation_is_refused(lines, seed):
    chance = random.Random(seed)
    data = json.dumps([anything(chance) for _ in range(4)]).encode()
    end = chance.randrange(len(data))
    accepted, told = lines(data[:end])
    assert not accepted
    # An escape that is cut off is named at its backslash.
    named = int(told[0].removeprefix("not JSON at byte "))
    assert named == end or (data[named : named + 1] == b"\\" and end - named < 12)


def python_accepts(data):
    def no_constants(name):
        raise ValueError(name)

    def no_duplicates(pairs):
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("duplicate")
        return dict(pairs)

    try:
        json.loads(data.decode(), parse_constant=no_constants, object_pairs_hook=no_duplicates)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("seed", range(80))
def test_damaged_documents_are_judged_as_python_judges_them(lines, seed):
    chance = random.Random(seed)
    data = bytearray(json.dumps([anything(chance) for _ in range(4)]).encode())
    for _ in range(2):
        data[chance.randrange(len(data))] = chance.choice(b'"\\{}[],:0e.-u n\t\x00x')
    accepted, _ = lines(bytes(data))
    # Python takes half of a surrogate pair for text.
    if b"\\ud" not in data:
        assert accepted == python_accepts(bytes(data)), bytes(data)
