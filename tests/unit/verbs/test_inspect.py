"""What `inspect` says of targets is what `check` says of each."""

from pathlib import Path

import pytest
from tests.load_cases import CASES, module

import tamis
from tamis import profiles


@pytest.mark.parametrize("text", ["(module)", CASES["__main_void of another type, beside main"][0]])
def test_the_first_refusal_of_each_target(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.wasm"
    path.write_bytes(module(text))
    (subject,) = tamis.subject(str(path))
    accepted = tamis.inspect(subject).accepted
    assert list(accepted) == list(profiles.known())
    for target, refusal in accepted.items():
        checked = tamis.check(subject, targets=(target,))
        errors = [f for f in checked.findings if f.severity == "error" and f.id[:5] == "load/"]
        assert refusal == (errors[0].message if errors else None), target


def test_targets_differ(tmp_path: Path) -> None:
    path = tmp_path / "x.wasm"
    path.write_bytes(module(CASES["__main_void of another type, beside main"][0]))
    (subject,) = tamis.subject(str(path))
    accepted = tamis.inspect(subject).accepted
    assert accepted["envoy@1.38"] is None
    assert accepted["envoy@1.39"]
