"""Names: what is taken, what is refused, and what is offered instead."""

import pytest

from tamis.errors import BadInput
from tamis.scaffold import check_name


@pytest.mark.parametrize("name", ["a", "my-filter", "x1", "a--b", "a" * 64, "rust-filter", "tests"])
def test_a_good_name(name: str):
    check_name(name)


BAD = {
    "": "my-filter",
    "My_Filter": "Take my-filter.",
    "my filter": "Take my-filter.",
    "filter-": "Take filter.",
    "-filter": "Take filter.",
    "1st-filter": "Take st-filter.",
    "x.y": "Take x-y.",
    "@acme/x": "Take acme-x.",
    "Ünder": "Take nder.",
    "日本": "my-filter",
    "a" * 65: "at most 64",
    "A" * 65: f"Take {'a' * 64}.",
    "crate": "crate-filter",  # Rust
    "proc-macro": "proc-macro-filter",
    "func": "func-filter",  # Go
    "internal": "internal-filter",
    "namespace": "namespace-filter",  # C++
    "vendor": "vendor-filter",  # no verb looks into it
    "nul": "nul-filter",  # Windows
    "a\n": "Take a.",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_name_and_what_to_take_instead(name: str):
    with pytest.raises(BadInput) as refused:
        check_name(name)
    assert BAD[name] in refused.value.advice()
