"""Reading what a registry wants from us."""

import pytest

from tamis.oci.registry.challenges import Challenge, challenges


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", ()),
        ("Basic", (Challenge("basic", {}),)),
        ('BASIC Realm="a, b"', (Challenge("basic", {"realm": "a, b"}),)),
        (
            'Bearer realm="https://a/t",service="s",scope="repository:x/y:pull,push"',
            (
                Challenge(
                    "bearer",
                    {"realm": "https://a/t", "service": "s", "scope": "repository:x/y:pull,push"},
                ),
            ),
        ),
        (
            'Negotiate, Basic realm="a\\"b", bearer realm = https://t , error="x"',
            (
                Challenge("negotiate", {}),
                Challenge("basic", {"realm": 'a"b'}),
                Challenge("bearer", {"realm": "https://t", "error": "x"}),
            ),
        ),
        ('realm="stray"', ()),
        (
            'Bearer realm="unfinished',
            (Challenge("bearer", {"realm": ""}), Challenge("unfinished", {})),
        ),
    ],
)
def test_challenges(header: str, expected: tuple[Challenge, ...]) -> None:
    assert challenges(header) == expected
