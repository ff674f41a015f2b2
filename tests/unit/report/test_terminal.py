"""Styled lines as text: for terminals, for files, and with the environment's word on colour."""

import io

import pytest

from tamis.report.terminal import facts, line, text, together

LINES = together(line(("ok ", "green"), ("x", "bold"), ": [b]all[/b] :smile:"), line("two"))
PLAIN = "ok x: [b]all[/b] :smile:\ntwo\n"


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_a_file_gets_plain_text():
    assert text(LINES, io.StringIO()) == PLAIN


def test_a_terminal_gets_colours_and_the_same_words():
    shown = text(LINES, Terminal())
    assert shown == "\x1b[32mok \x1b[0m\x1b[1mx\x1b[0m: [b]all[/b] :smile:\ntwo\n"


def test_the_environment_has_its_say(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m" in text(LINES, io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in text(LINES, io.StringIO())
    monkeypatch.delenv("FORCE_COLOR")
    assert text(LINES, io.StringIO()) == PLAIN


@pytest.mark.parametrize(
    "told",
    [
        line("a\rb\x07c\x08d"),
        line("first\nsecond\n"),
        line(),
        line("x" * 300 + " y" * 200 + "   "),
        facts([("a", "1"), ("long", "2" * 200)]),
        together(),
    ],
)
def test_both_ways_print_the_same(told):
    """Nothing is folded, cut or overwritten, whoever prints it."""
    coloured = text(told, Terminal())
    assert coloured.replace("\x1b[2m", "").replace("\x1b[0m", "") == text(told, io.StringIO())
