"""The scanner finds every key that tomllib gives a value for, and at the right place."""

import tomllib

import pytest

from tamis.project.positions import positions

TEXT = '''# a comment with = and [brackets]
name = "x" # y = 2
"quoted key" = 'a = b # no comment'
"with \\"quotes\\"" = 1
a.b . "c.d" = 1979-05-27T07:32:00Z
text = """
[not.a.table]
key = "no key" \\""" still
"""
literal = \'\'\'
x = 1\'\'\'\'
list = [ # first
  "one", { two = 2, deep = [[3]] },
  ["]", '}'],
]
inline = { x = 1, y.z = "}", empty = {} }

[table . sub]
  spaced   =   -1.5e3
[[array]]
n = 1
[array.child]
m = 2
[[array]]
n = 3
[[array.grand]]
k = 4
[[array.grand]]
k = 5
[empty]
'''


def paths(value: object, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    here = {path} if path else set()
    if isinstance(value, dict):
        return here.union(*(paths(each, (*path, key)) for key, each in value.items()))
    if isinstance(value, list):
        return here.union(*(paths(each, (*path, i)) for i, each in enumerate(value)))
    return here


def test_every_key_of_a_document_has_a_place() -> None:
    tables = {("array", 0), ("array", 1), ("array", 1, "grand", 0), ("array", 1, "grand", 1)}
    assert paths(tomllib.loads(TEXT)) - tables == set(positions(TEXT))


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("name",), 2, 1),
        (("quoted key",), 3, 1),
        (('with "quotes"',), 4, 1),
        (("a", "b", "c.d"), 5, 7),
        (("literal",), 10, 1),
        (("list", 0), 13, 3),
        (("list", 1, "deep"), 13, 21),
        (("list", 1, "deep", 0, 0), 13, 30),
        (("list", 2, 1), 14, 9),
        (("inline", "y", "z"), 16, 21),
        (("table", "sub"), 18, 10),
        (("table", "sub", "spaced"), 19, 3),
        (("array",), 20, 3),
        (("array", 0, "child", "m"), 23, 1),
        (("array", 1, "n"), 25, 1),
        (("array", 1, "grand", 1, "k"), 29, 1),
    ],
)
def test_places(path: tuple[str | int, ...], line: int, column: int) -> None:
    assert positions(TEXT)[path] == (line, column)


def test_windows_lines() -> None:
    assert positions(TEXT.replace("\n", "\r\n")) == positions(TEXT)


@pytest.mark.parametrize("text", ["", "\n", "# only", "a = 1", "[t]", "a = [\n]", "a = ''"])
def test_short_documents_end(text: str) -> None:
    assert set(positions(text)) == paths(tomllib.loads(text))
