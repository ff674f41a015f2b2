"""Container builds in a real engine: the same bytes as here, and nothing allowed but compiling."""

import dataclasses
import functools
import gc
import io
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.engine import RunningEngine, running_engine

import tamis
from tamis import caches, project, toolchains
from tamis.errors import Missing, Rejected, Unreachable
from tamis.model.filter import Filter
from tamis.model.toolchain import ImageMade
from tamis.toolchains import Job
from tamis.toolchains.containers import engine, images
from tamis.toolchains.containers.mounts import Mount
from tamis.toolchains.containers.workshop import Container

pytestmark = pytest.mark.judge

#: Where Debian keeps the certificates that TLS goes by; Go looks there.
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
TEMPLATES = Path(tamis.__file__).parent / "templates"
PROBE = Path(__file__).parent / "probe.c"
NOBODY = 12345
CACHES = caches.root()


@pytest.fixture(scope="module")
def docker_engine() -> Iterator[RunningEngine]:
    with running_engine() as running:
        yield running


@pytest.fixture
def here(docker_engine: RunningEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """This engine, and caches of the test's own."""
    monkeypatch.setenv("DOCKER_HOST", docker_engine.address)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture(scope="module")
def zig_image(docker_engine: RunningEngine) -> ImageMade:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", docker_engine.address)
        return tamis.toolchain("image", "cpp")


@pytest.fixture(scope="module")
def probe_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("probe") / "probe"
    zig = toolchains.Here().which("zig")
    command = [zig, "cc", "-target", f"{os.uname().machine}-linux-musl", "-Os", PROBE, "-o", made]
    subprocess.run(command, check=True)
    return made


def probe_image(client: Any, file: Path) -> Any:
    """An image that holds the probe alone, behind a link."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(file, "bin/probe")
        link = tarfile.TarInfo("usr/bin/linked")
        link.type, link.linkname = tarfile.SYMTYPE, "../../bin/probe"
        archive.addfile(link)
    client.api.import_image_from_data(packed.getvalue(), repository="probe", tag="1")
    return client.images.get("probe:1")


@pytest.fixture(scope="module")
def probe(docker_engine: RunningEngine, probe_file: Path) -> Any:
    return probe_image(docker_engine.client, probe_file)


@pytest.fixture
def shop(here: Path, probe: Any) -> Iterator[Container]:
    """A workshop in which only the probe can be run; it sees the folder `input`."""
    (here / "input").mkdir()
    (here / "input" / "file").write_text("source")
    with Container(engine.connect(), probe, (Mount(here / "input"),)) as made:
        yield made


@pytest.fixture
def refused() -> Iterator[None]:
    """For tests that meet no engine: the SDK leaves the socket it tried to the collector."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def run(shop: Container, here: Path) -> Callable[..., str]:
    def call(*words: object, network: bool = False) -> str:
        command = ("/bin/probe", *map(str, words))
        return shop.run(Job("probe", command, cwd=here / "input", network=network)).strip()

    return call


@pytest.fixture
def make(here: Path) -> Callable[..., Filter]:
    """A scaffold's filter in the test's folder."""

    def call(language: str, folder: str = "filter") -> Filter:
        place = here / folder
        for layer in ("common", "kinds/headers", f"languages/{language}/common",
                      f"languages/{language}/headers"):  # fmt: skip
            if (TEMPLATES / layer).is_dir():
                shutil.copytree(TEMPLATES / layer, place, dirs_exist_ok=True)
        return project.read(place)

    return call


# The same bytes.


@pytest.mark.parametrize("language", ["cpp", "c", "zig"])
def test_the_bytes_are_those_of_a_local_build(language, make, zig_image):
    filter_ = make(language)
    local = tamis.build(filter_, explain=True)
    before = {path: path.stat() for path in filter_.folder.rglob("*") if path.is_file()}
    held = tamis.build(filter_, image="", explain=True)
    assert held.module == local.module
    assert held.metadata == local.metadata
    compiled = [step.command[0] for step in held.steps if step.command]
    assert set(compiled) == {"/opt/zig/zig"}
    assert {p: s.st_mtime_ns for p, s in before.items()} == {
        p: p.stat().st_mtime_ns for p in before
    }


def test_two_builds_in_containers_make_the_bytes_of_a_local_build(make, zig_image):
    filter_ = make("zig")
    proof = tamis.reproduce(filter_, image="")
    assert proof.ok
    assert proof.digests[0] == tamis.build(filter_).digest


def test_an_official_sdk_filter(here, make, zig_image):
    """wasm32-wasi with libc and libc++: all of it is in the image."""
    sdk = here / "sdk"
    sdk.mkdir()
    (sdk / "proxy_wasm_intrinsics.cc").write_text(
        "#include <map>\n#include <string>\n#include <cstdio>\n#include <unordered_map>\n"
        '#include "sdk.h"\nint sdk() { std::map<std::string, int> m; m["a"] = 1; '
        'std::printf("%d", m["a"]); return m["a"]; }\n'
        'extern "C" void proxy_abi_version_0_2_0() { sdk(); }\n'
    )
    (sdk / "sdk.h").write_text("int sdk();\n")
    filter_ = make("cpp")
    filter_.sources[0].write_text(
        '#include "sdk.h"\n#include <vector>\nextern "C" int proxy_on_x() {\n'
        "  std::vector<int> v{sdk()}; return v[0]; }\n"
    )
    filter_ = project.read(filter_.folder)
    settings = {**filter_.settings, "sdk": "proxy-wasm", "sdk_path": str(sdk)}
    filter_ = dataclasses.replace(filter_, settings=settings)
    with toolchains.open_workshop(filter_, "") as shop:
        held = toolchains.toolchain_for("cpp").build(filter_, shop)
    # libc++ takes a minute: here it may come from the cache that lasts.
    with toolchains.Here(CACHES) as shop:
        local = toolchains.toolchain_for("cpp").build(filter_, shop)
    assert held == local
    assert held.outside == ()


def test_what_links_lead_to_is_seen_and_nothing_else(here, make, zig_image):
    filter_ = make("cpp")
    shared, hidden = here / "shared", here / "hidden"
    for folder in (shared, hidden):
        folder.mkdir()
        (folder / "more.h").write_text("#define MORE 1\n")
    (filter_.folder / "more.h").symlink_to(shared / "more.h")
    source = filter_.sources[0]
    source.write_text(f'#include "more.h"\nstatic_assert(MORE);\n{source.read_text()}')
    assert tamis.build(filter_, image="", explain=True).module
    source.write_text(f'#include "{hidden}/more.h"\n{source.read_text()}')
    assert tamis.build(filter_, explain=True).module
    with pytest.raises(Rejected, match="file not found"):
        tamis.build(filter_, image="", explain=True)


def test_a_compile_error_looks_the_same(make, zig_image, tamis_cli):
    filter_ = make("cpp")
    filter_.sources[0].write_text("int broken( {\n")
    local = tamis_cli("build", filter_.folder)
    held = tamis_cli("build", filter_.folder, "--container")
    assert (held.code, held.err) == (local.code, local.err)
    assert held.code == 1
    assert "filter.cc:1:" in held.err


# What a command may do.


def test_a_command_has_no_privileges(run, shop, docker_engine):
    told = run("tells").splitlines()
    assert told[0] == f"user {os.getuid()}:{os.getgid()}"
    assert dict(line.split(":\t") for line in told[1:]) == {
        "CapEff": "0000000000000000",
        "NoNewPrivs": "1",
    }
    assert shop.steps[-1].output == "a warning"
    assert all(c.id == shop._shelf for c in docker_engine.containers())


def test_what_it_may_write(run, shop, here):
    read_only = "Read-only file system"
    assert run("writes", here / "input" / "file") == read_only
    assert run("writes", here / "input" / "new") == read_only
    assert run("writes", "/bin/new") == read_only
    assert run("writes", "/tmp/new") == "written"
    assert run("writes", shop.scratch / "new") == "written"
    assert run("writes", shop.cache("zig") / "new") == "written"
    assert (shop.cache("zig") / "new").is_file()
    run("writes", here / "beside")  # perhaps in the container's own /tmp
    assert not (here / "beside").exists()


def test_only_what_fetches_reaches_a_network(run, monkeypatch, shop):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert run("connects", port) == "no"
        monkeypatch.setenv("TAMIS_CONTAINER_NETWORK", "host")
        held = Container(engine.connect(), shop._image, shop._inputs)
        with held:
            job = functools.partial(Job, "probe", ("/bin/probe", "connects", str(port)))
            cwd = shop._inputs[0].path
            assert held.run(job(cwd=cwd)).strip() == "no"
            assert held.run(job(cwd=cwd, network=True)).strip() == "connected"


def test_looking_into_the_image(shop):
    assert shop.which("nothing", "probe") == Path("/bin/probe")
    assert shop.which("linked") == Path("/usr/bin/linked")
    assert shop.which("bin", "/bin") is None
    assert shop.exists(Path("/usr/bin/linked"))
    assert not shop.exists(Path("/usr/bin/other"))
    assert shop.exists(shop._inputs[0].path / "file")
    assert not shop.exists(shop._inputs[0].path / "other")
    assert shop.ask(("/bin/probe", "prints", "1")) == "0" * 1023
    assert shop.ask(("/bin/probe", "fails", "1")) == ""
    assert shop.ask(("/bin/absent",)) == ""


def test_output_is_bounded(run):
    shown, _, more = run("prints", 20_000).rpartition("\n")
    assert len(shown) == 16 << 20
    assert more == f"({20_000 * 1024 - (16 << 20)} bytes more)"


@contextmanager
def another_user() -> Iterator[Path]:
    """This process as a user without rights; a folder that is that user's."""
    place = Path(tempfile.mkdtemp(prefix="tamis-user-"))
    os.chown(place, NOBODY, NOBODY)
    groups = os.getgroups()
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, 0)
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield place
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)
        os.setgroups(groups)
        shutil.rmtree(place)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_as_a_user_without_rights(docker_engine, probe, shop, monkeypatch, refused):
    assert shop.ask(("/bin/probe",))  # all modules are loaded: that user may not read Python's
    docker_engine.socket.chmod(0o660)
    with another_user() as place, pytest.raises(Missing, match="may not use") as error:
        engine.connect()
    assert "usermod -aG docker" in error.value.advice()
    assert error.value.exit_code == 3
    docker_engine.socket.chmod(0o666)
    try:
        with another_user() as place:
            monkeypatch.setenv("XDG_CACHE_HOME", str(place))
            monkeypatch.setattr(tempfile, "tempdir", str(place))
            with Container(engine.connect(), probe, ()) as own:
                made = own.cache("zig") / "made"
                for words in (("tells",), ("writes", str(made)), ("writes", "/bin/new")):
                    own.run(Job("probe", ("/bin/probe", *words), cwd=own.scratch))
                told = own.run(Job("probe", ("/bin/probe",), cwd=own.scratch))
            assert told.splitlines()[0] == f"user {NOBODY}:{NOBODY}"
            assert made.stat().st_uid == NOBODY
    finally:
        docker_engine.socket.chmod(0o660)


# What goes wrong.


def test_too_much_memory(run, monkeypatch, shop, docker_engine):
    monkeypatch.setenv("TAMIS_CONTAINER_MEMORY", "32m")
    with (
        Container(engine.connect(), shop._image, shop._inputs) as held,
        pytest.raises(Rejected, match="out of memory; the container's limit is 32 MiB") as error,
    ):
        held.run(Job("probe", ("/bin/probe", "eats"), cwd=shop._inputs[0].path))
    assert "TAMIS_CONTAINER_MEMORY=8g" in error.value.advice()
    assert docker_engine.containers() == []


def test_too_long(run, monkeypatch):
    monkeypatch.setattr("tamis.toolchains.containers.workshop.SECONDS", 1)
    with pytest.raises(Rejected, match="not done within 1 s"):
        run("waits")


def when_it_runs(docker_engine: RunningEngine, act: Callable[[Any], object]) -> threading.Thread:
    """Does something to the container once it runs."""

    def look() -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            for container in docker_engine.client.containers.list():
                act(container)
                return

    thread = threading.Thread(target=look)
    thread.start()
    return thread


def test_killed_from_outside(run, docker_engine):
    thread = when_it_runs(docker_engine, lambda container: container.kill())
    with pytest.raises(Rejected, match=r"ended by signal 9 \(SIGKILL\)"):
        run("waits")
    thread.join()


def test_removed_from_outside(run, docker_engine):
    thread = when_it_runs(docker_engine, lambda container: container.remove(force=True))
    with pytest.raises(Rejected, match=r"somebody removed the container|ended by signal 9"):
        run("waits")
    thread.join()


def test_a_program_that_is_not_there(shop, here):
    with pytest.raises(Missing, match="/bin/absent does not start in probe:1"):
        shop.run(Job("probe", ("/bin/absent",), cwd=here / "input"))


def test_files_that_the_engine_does_not_see(here, probe, docker_engine):
    with (
        Container(engine.connect(), probe, (Mount(here / "gone"),)) as held,
        pytest.raises(Missing, match="does not see this machine's files"),
    ):
        held.run(Job("probe", ("/bin/probe",), cwd=here))


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_engine_goes_away(monkeypatch, tmp_path, probe_file, refused):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with running_engine() as running:
        monkeypatch.setenv("DOCKER_HOST", running.address)
        image = probe_image(running.client, probe_file)
        thread = when_it_runs(running, lambda _: running.process.kill())
        with (
            pytest.raises(Unreachable, match="probe: the container engine went away") as error,
            Container(engine.connect(), image, ()) as held,
        ):
            held.run(Job("probe", ("/bin/probe", "waits"), cwd=held.scratch))
        thread.join()
        assert error.value.exit_code == 3


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_no_engine_and_no_image(here, make, monkeypatch, tamis_cli, docker_engine, refused):
    filter_ = make("zig")
    ended = tamis_cli("build", filter_.folder, "--image", "absent:1")
    assert ended.code == 3
    assert "has no image absent:1\n  Run: docker pull absent:1" in ended.err
    ended = tamis_cli("build", filter_.folder, "--image", "No Name")
    assert (ended.code, "no name of an image" in ended.err) == (2, True)
    ended = tamis_cli("build", make("rust", "other").folder, "--container")
    assert ended.code == 3
    assert "Run: tamis toolchain image rust --base rust:1-slim" in ended.err
    monkeypatch.setenv("DOCKER_HOST", f"unix://{here}/absent")
    ended = tamis_cli("build", filter_.folder, "--container")
    assert ended.code == 3
    assert f"no container engine answers at unix://{here}/absent" in ended.err
    assert len(ended.err.strip().splitlines()) == 2
    assert not filter_.module.exists()


SLOW = """
constexpr int slow() { int n = 0; for (long i = 0; i < 2000000000; ++i) n += i & 1; return n; }
static_assert(slow() == 1000000000);
"""


@pytest.fixture
def started(here, make, zig_image, docker_engine) -> Callable[[], "subprocess.Popen[str]"]:
    """The command line, in the middle of a build that takes minutes."""
    filter_ = make("cpp")
    source = filter_.sources[0]
    source.write_text(source.read_text() + SLOW)
    manifest = filter_.folder / "tamis.toml"
    manifest.write_text(
        f'{manifest.read_text()}\n[cpp]\nflags = ["-fconstexpr-steps=4000000000"]\n'
    )

    def start() -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "tamis", "build", filter_.folder, "--container", "--json"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert process.poll() is None, process.communicate()
            running = docker_engine.client.containers.list()
            if any("-c" in c.attrs["Args"] for c in running):  # not a question for a version
                return process
        raise AssertionError("no container")

    return start


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(number, code, started, docker_engine):
    process = started()
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == code
    assert docker_engine.containers() == []
    if number == signal.SIGINT:
        assert json.loads(out)["problems"][0]["kind"] == "interrupted"


def test_the_next_build_clears_what_a_killed_one_left(started, docker_engine):
    process = started()
    process.kill()
    process.communicate()
    assert docker_engine.containers() != []
    with engine.connect():
        assert docker_engine.containers() == []


# Images.


def test_the_image_of_zig(zig_image, docker_engine, here, tamis_cli):
    assert zig_image.tag == f"tamis-toolchain-cpp:{zig_image.version.removeprefix('zig ')}"
    assert docker_engine.client.images.get(zig_image.tag).attrs["Size"] < 260 << 20
    ended = tamis_cli("toolchain", "list", "c", "--json")
    (listed,) = json.loads(ended.out)["toolchains"]
    assert listed["image"] == zig_image.tag
    assert listed["version"] == zig_image.version


def test_a_folder_instead_of_an_image(here, make, tamis_cli, docker_engine, zig_image):
    ended = tamis_cli("toolchain", "image", "zig", "--output", here / "context", "--json")
    made = json.loads(ended.out)["image"]
    assert made["command"] == f"docker build -t {zig_image.tag} {here}/context"
    assert (here / "context" / "zig" / "zig").stat().st_mode & stat.S_IXUSR
    docker_engine.client.images.build(path=str(here / "context"), tag="from-folder:1", rm=True)
    filter_ = make("c")
    local = tamis.build(filter_, explain=True)
    assert tamis.build(filter_, image="from-folder:1", explain=True).module == local.module
    again = tamis_cli("toolchain", "image", "zig", "--output", here / "again")
    assert again.code == 0
    made = [(here / name / "Dockerfile").read_bytes() for name in ("context", "again")]
    assert made[0] == made[1]


def test_an_image_that_cannot_compile_is_not_tagged(here, probe, docker_engine):
    with pytest.raises(Unreachable, match="it cannot compile: Go is not installed"):
        tamis.toolchain("image", "go", base="probe:1")
    assert docker_engine.client.images.list(name=images.repository("go")) == []
    with pytest.raises(Unreachable, match="cannot build the image"):
        tamis.toolchain("image", "go", base="registry.invalid/absent:1")


@pytest.fixture(scope="module")
def go_base(docker_engine: RunningEngine) -> str:
    """What golang:1.26 would be, of this machine's Go; everything in it is linked statically."""
    program = toolchains.Here().which("go")
    assert program, "go is not installed"
    told = subprocess.run([program, "env", "GOROOT"], capture_output=True, text=True, check=True)
    root = Path(told.stdout.strip())
    with tempfile.TemporaryFile() as packed:
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for name in ("bin/go", "pkg/tool", "pkg/include", "src", "VERSION", "go.env"):
                archive.add(
                    root / name, f"usr/local/go/{name}",
                    filter=lambda entry: None if "/testdata" in entry.name else entry,
                )  # fmt: skip
            # As any base image has them, else nothing can be fetched.
            archive.add(Path(AUTHORITIES).resolve(), AUTHORITIES.lstrip("/"))
        packed.seek(0)
        docker_engine.client.api.import_image_from_data(
            packed, repository="gobase", tag="1", changes=["ENV PATH=/usr/local/go/bin:/usr/bin"]
        )
    return "gobase:1"


@pytest.mark.timeout(600)
def test_go_from_a_base(here, make, go_base, monkeypatch):
    """Packages are fetched by a network, the module is compiled without, the bytes are the same."""
    made = tamis.toolchain("image", "go", base=go_base)
    assert made.version.startswith("go 1.")
    filter_ = make("go")
    local = tamis.build(filter_, explain=True)
    monkeypatch.setenv("GOPROXY", "off")
    with pytest.raises(Unreachable, match="fetch Go packages failed"):
        tamis.build(filter_, image="", explain=True)
    monkeypatch.delenv("GOPROXY")
    monkeypatch.setenv("TAMIS_CONTAINER_NETWORK", "host")
    held = tamis.build(filter_, image="", explain=True)
    assert held.module == local.module
    assert (here / "cache/tamis/container/gopath/pkg/mod").is_dir()
