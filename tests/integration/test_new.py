"""`tamis new` as users run it: each mistake, the terminal, and filters that build and pass."""

import json
import os
import pty
import re
import select
import signal
import sys
from pathlib import Path

import jsonschema
import pytest

from tamis import schemas
from tamis.scaffold import LANGUAGES, offered

_TAMIS = (sys.executable, "-m", "tamis")
_OFFERED = [(one, kind.kind) for kind in offered() for one in kind.languages]
#: Compiled by what the extra `cpp` brings: they work wherever these tests run.
_BY_ZIG = [(language, kind) for language, kind in _OFFERED if language in ("cpp", "c", "zig")]


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def read_only(tmp_path: Path) -> Path:
    """A folder that nobody may write to; root may write everywhere but into the kernel's."""
    if os.geteuid() == 0:
        return Path("/proc")
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o555)
    return folder


def a_language() -> str:
    return _OFFERED[0][0]


TABLE = {
    "no name": ("new", "tamis new needs a NAME", "tamis new --list"),
    "no language": ("new x", "tamis new needs a --language", "--language cpp"),
    "no name in --json": ("new --language {l} --json", "", ""),
    "bad name": ("new My_Filter --language {l}", "'My_Filter' cannot name", "Take my-filter."),
    "bad last part": ("new ok/Bad --language {l}", "'Bad' cannot name a filter", "Take bad."),
    "keyword": ("new crate --language {l}", "'crate' cannot name a filter", "crate-filter"),
    "too long": ("new {long} --language {l}", "a name of 65 letters", "at most 64"),
    "unknown language": ("new x --language {l}x", "there is no language '{l}x'", "mean {l}?"),
    "prebuilt": ("new x --language prebuilt", "no language 'prebuilt'", "Take one of"),
    "unknown kind": ("new x --language {l} --kind heders", "no kind 'heders'", "mean headers?"),
    "folder": ("new full --language {l}", "full is there already, and not empty", "tamis init"),
    "file": ("new file --language {l}", "file is there already", "another name"),
    "below a file": ("new file/x --language {l}", "cannot write", "may write to"),
    "read-only": ("new {ro}/x --language {l}", "cannot write", "may write to"),
    "two names": ("new a b --language {l}", "b", "tamis new --help"),
}


@pytest.mark.parametrize("case", TABLE)
def test_a_mistake_is_one_clear_error_and_writes_nothing(
    case: str, there: Path, read_only: Path, tamis_cli
):
    command, what, advice = TABLE[case]
    (there / "full").mkdir()
    (there / "full" / "mine").write_text("mine")
    (there / "file").write_text("mine")
    before = sorted(there.rglob("*"))
    words = {"l": a_language(), "long": "a" * 65, "ro": read_only}
    ended = tamis_cli(*command.format(**words).split())
    assert ended.code == 2, ended.out + ended.err
    if "--json" not in command:
        first, second, *rest = ended.err.splitlines()
        assert first.startswith("error: ")
        assert what.format(**words) in first
        assert advice.format(**words) in second
        assert rest == []
    ended = tamis_cli(*command.format(**words).replace(" --json", "").split(), "--json")
    document = json.loads(ended.out)
    jsonschema.validate(document, schemas.of_output("new"))
    assert (ended.code, document["ok"], len(document["problems"])) == (2, False, 1)
    assert sorted(there.rglob("*")) == before


def test_the_list(tamis_cli):
    ended = tamis_cli("new", "--list")
    assert ended.code == 0
    for kind in offered():
        assert re.search(rf"^  {kind.kind} +{re.escape(kind.what)}", ended.out, re.MULTILINE)
        for language in kind.languages:
            assert re.search(
                rf"^  {language} +{re.escape(LANGUAGES[language])}$", ended.out, re.MULTILINE
            )
    document = json.loads(tamis_cli("new", "--list", "--json").out)
    jsonschema.validate(document, schemas.of_output("new"))
    assert [one["kind"] for one in document["kinds"]] == [one.kind for one in offered()]


@pytest.mark.parametrize(("language", "kind"), _OFFERED)
def test_a_scaffold_is_whole_and_goes_by_its_name(language: str, kind: str, there: Path, tamis_cli):
    arguments = ("--language", language, "--kind", kind, "--json")
    document = json.loads(tamis_cli("new", "edge-tag", *arguments).out)
    jsonschema.validate(document, schemas.of_output("new"))
    assert (document["name"], document["kind"]) == ("edge-tag", kind)
    folder = there / "edge-tag"
    found = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    assert found == sorted(document["files"])
    assert {
        ".editorconfig", ".github/workflows/ci.yml", ".gitignore", ".vscode/settings.json",
        "README.md", "config.json", "config.schema.json", "tamis.toml",
    } < set(found)  # fmt: skip
    for name in found:
        told = name + (folder / name).read_text("utf-8")
        assert not re.search(r"my.?filter", told, re.IGNORECASE), name
        assert not told.startswith(str(there))
    from tamis import project

    assert project.read(folder).name == "edge-tag"


@pytest.mark.parametrize(("language", "kind"), _OFFERED)
def test_two_scaffolds_differ_by_their_name_alone(language: str, kind: str, there: Path, tamis_cli):
    texts = []
    for name in ("qqq", "zzz-9"):
        assert tamis_cli("new", name, "--language", language, "--kind", kind).code == 0
        texts.append({
            path.relative_to(there / name).as_posix().replace(_plain(name), "?"): path.read_text()
            .replace(name, "?")
            .replace(_plain(name), "?")
            for path in (there / name).rglob("*")
            if path.is_file()
        })  # fmt: skip
    one, other = texts
    assert set(one) == set(other)
    for name in one:
        if name == "Cargo.lock":  # its packages are sorted by name
            assert sorted(one[name].splitlines()) == sorted(other[name].splitlines())
        else:
            assert one[name] == other[name], name


def _plain(name: str) -> str:
    return name.replace("-", "_")


def test_what_it_says_to_do_next(there: Path, tamis_cli):
    ended = tamis_cli("new", "filters/edge-tag", "--language", a_language())
    assert ended.out.endswith("next: cd filters/edge-tag && tamis test\n")
    (there / "here").mkdir()
    os.chdir(there / "here")
    ended = tamis_cli("new", ".", "--language", a_language())
    assert ended.out.endswith("next: tamis test\n")
    assert (there / "here" / "tamis.toml").is_file()


@pytest.mark.envoy
@pytest.mark.parametrize(("language", "kind"), _BY_ZIG)
def test_it_builds_and_passes_in_both_hosts(language: str, kind: str, there: Path, tamis_cli):
    assert tamis_cli("new", "edge-tag", "--language", language, "--kind", kind).code == 0
    hosts = ("--host", "wasmtime", "--host", "envoy")
    ended = tamis_cli("test", "edge-tag", *hosts, "--json")
    document = json.loads(ended.out)
    assert ended.code == 0, document["problems"]
    assert (document["differences"], document["not_comparable"]) == ([], [])
    fixtures = list((there / "edge-tag" / "fixtures").glob("*.yaml"))
    assert len(document["runs"]) == 2 * len(fixtures) > 0
    assert tamis_cli("check", "edge-tag").code == 0


def test_at_a_terminal_it_asks(there: Path):
    screen, code = _typed(b"x y\n")
    assert code == 2
    assert "cannot name a filter" in screen
    assert list(there.iterdir()) == []

    kinds = [one.kind for one in offered()]
    screen, code = _typed(b"\nedge-tag\n9\n\n" + _OFFERED[0][0].encode() + b"\n")
    assert code == 0, screen
    assert screen.count("Name: ") == 2
    assert "'9' is none of them" in screen
    for number, kind in enumerate(kinds, 1):
        assert f"{number}  {kind}" in screen
    assert f"Kind [{kinds[0]}]: " in screen
    assert f"created edge-tag: headers in {_OFFERED[0][0]}" in screen


def test_at_the_end_of_the_input_it_gives_up(there: Path):
    screen, code = _typed(b"edge-tag\n\x04")
    assert (code, "no answer to 'Kind'" in screen) == (2, True)
    assert list(there.iterdir()) == []


def test_ctrl_c_at_a_question_leaves_nothing(there: Path):
    screen, code = _typed(b"edge-tag\n\x03")
    assert (code, "Traceback" in screen) == (130, False)
    assert list(there.iterdir()) == []


def _typed(keys: bytes) -> tuple[str, int]:
    """What a terminal shows while `keys` are typed into `tamis new`, and the exit code."""
    child, ours = pty.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.execvpe(_TAMIS[0], [*_TAMIS, "new"], {**os.environ, "NO_COLOR": "1", "TERM": "dumb"})
    shown = b""
    last, typed = b"", keys.splitlines(keepends=True)
    try:
        while True:
            ready, _, _ = select.select([ours], [], [], 0.5)
            if not ready and last == b"\x03":  # it came before the question was waited for
                os.write(ours, last)
            elif ready and not (piece := os.read(ours, 65536)):
                break
            elif ready:
                shown += piece
                if typed and re.search(rb": \Z", shown):
                    last = typed.pop(0)
                    os.write(ours, last)
    except OSError:  # Linux: nobody is on the other side any more
        pass
    os.close(ours)
    _, status = os.waitpid(child, 0)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode().replace("\r\n", "\n"))
    return text, os.waitstatus_to_exitcode(status)


def test_an_editor_is_led_to_schemas_that_are_there(there: Path, tamis_cli):
    assert tamis_cli("new", "edge-tag", "--language", a_language()).code == 0
    settings = json.loads((there / "edge-tag" / ".vscode" / "settings.json").read_text())
    for schema in settings["yaml.schemas"]:
        assert (there / "edge-tag" / schema).is_file()
    for one in settings["json.schemas"]:
        assert (there / "edge-tag" / one["url"]).is_file()
