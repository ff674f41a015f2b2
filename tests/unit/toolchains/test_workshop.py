"""Running a compiler: what it sees, how it fails, that it ends."""

import os
import re
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from tamis.errors import Missing, Rejected, Unreachable
from tamis.toolchains import Here, Job

PLACE = re.compile(r"^(?P<file>\S+):(?P<line>\d+):(?P<column>\d+): ", re.MULTILINE)


def job(code: str, cwd: Path, **more) -> Job:
    return Job("compile it", (sys.executable, "-c", code), cwd=cwd, **more)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_a_step_is_noted_with_its_warnings(tmp_path):
    with Here() as shop:
        out = shop.run(job("import sys; print('out'); print('careful', file=sys.stderr)", tmp_path))
    assert out == "out\n"
    (step,) = shop.steps
    assert (step.what, step.output, step.folder) == ("compile it", "careful", tmp_path)
    assert step.seconds > 0


def test_only_what_may_decide_is_passed_on(tmp_path, monkeypatch):
    for name in ("RUSTFLAGS", "CPATH", "GOFLAGS", "CFLAGS", "NODE_OPTIONS", "LANG"):
        monkeypatch.setenv(name, "surprise")
    monkeypatch.setenv("GOPROXY", "https://proxy.example")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    code = "import os, json; print(json.dumps(dict(os.environ)))"
    with Here() as shop:
        seen = shop.run(job(code, tmp_path, env={"GOOS": "wasip1"}))
    assert "surprise" not in seen
    for expected in ('"GOPROXY": "https://proxy.example"', '"GOOS": "wasip1"', '"TZ": "UTC"'):
        assert expected in seen
    assert "https_proxy" in seen


def test_an_error_of_the_source_has_its_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    text = f"{tmp_path}/sub/a.cc:3:7: no such thing"
    with pytest.raises(Rejected) as caught, Here() as shop:
        shop.run(job(f"import sys; sys.exit({text!r})", tmp_path / "sub", error=PLACE))
    assert str(caught.value.at) == "sub/a.cc:3:7"
    assert "sub/a.cc:3:7: no such thing" in caught.value.what
    assert shop.steps == []


def test_a_relative_name_is_told_from_where_the_user_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    with pytest.raises(Rejected) as caught, Here() as shop:
        shop.run(job("import sys; sys.exit('main.go:3:7: x')", tmp_path / "sub", error=PLACE))
    assert str(caught.value.at) == "sub/main.go:3:7"


def test_other_failures_keep_the_words(tmp_path):
    with (
        pytest.raises(Rejected, match=r"compile it failed\nlink: undefined symbol"),
        Here() as shop,
    ):
        shop.run(job("import sys; sys.exit('link: undefined symbol')", tmp_path, error=PLACE))
    with pytest.raises(Unreachable, match="registry does not answer") as caught, Here() as shop:
        shop.run(job("import sys; sys.exit('registry does not answer')", tmp_path, network=True))
    assert caught.value.exit_code == 3
    with pytest.raises(Rejected, match="ended by signal 9"), Here() as shop:
        shop.run(job("import os; os.kill(os.getpid(), 9)", tmp_path))
    with pytest.raises(Missing, match="nope does not start"), Here() as shop:
        shop.run(Job("compile it", ("/nope",), cwd=tmp_path))


def test_a_command_that_never_ends_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("tamis.toolchains.workshop.SECONDS", 0.3)
    with pytest.raises(Rejected, match=r"not done within 0\.3 s"), Here() as shop:
        shop.run(job("import time; time.sleep(60)", tmp_path))


def test_ctrl_c_ends_the_command_and_its_children(tmp_path):
    code = (
        "import subprocess, sys, time, pathlib, signal\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "pathlib.Path('pids').write_text(f'{child.pid}')\n"
        "time.sleep(60)\n"
    )

    def interrupt() -> None:
        while not (tmp_path / "pids").exists() or not (tmp_path / "pids").read_text():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    shop = Here()
    scratch = shop.scratch
    with pytest.raises(KeyboardInterrupt), shop:
        shop.run(job(code, tmp_path))
    thread.join()
    assert not alive(int((tmp_path / "pids").read_text()))
    assert not scratch.exists()


def test_caches_last_unless_they_must_be_fresh(tmp_path):
    with Here(tmp_path) as shop:
        assert shop.cache("zig") == tmp_path / "zig"
    with Here(tmp_path, fresh=True) as shop:
        assert shop.cache("zig").is_relative_to(shop.scratch)
        assert shop.packages("npm") == tmp_path / "npm"


def test_a_cache_that_cannot_be_written_is_replaced_by_scratch(tmp_path):
    (tmp_path / "file").touch()
    with Here(tmp_path / "file") as shop:
        assert shop.cache("zig").is_relative_to(shop.scratch)
        assert shop.packages("npm").is_relative_to(shop.scratch)


def test_programs_of_python_packages_are_found(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with Here() as shop:
        assert shop.which("zig")
        assert shop.which("nope", "python") == Path(sys.executable).parent / "python"
        assert shop.which("nope") is None


def test_a_question_that_fails_has_no_answer(tmp_path):
    with Here() as shop:
        assert shop.ask((sys.executable, "-c", "print(' 42 ')")) == "42"
        assert shop.ask((sys.executable, "-c", "print(42); exit(1)")) == ""
        assert shop.ask(("/nope",)) == ""


def test_a_place_is_used_by_one_at_a_time(tmp_path):
    order = []

    def hold(name: str, seconds: float) -> None:
        with Here() as shop, shop.alone(tmp_path / "place"):
            order.append(f"{name} in")
            time.sleep(seconds)
            order.append(f"{name} out")

    first = threading.Thread(target=hold, args=("a", 0.3))
    first.start()
    while not order:
        time.sleep(0.01)
    hold("b", 0)
    first.join()
    assert order == ["a in", "a out", "b in", "b out"]
