"""Container builds, as far as they need no engine: tests/judges has the rest."""

import hashlib
import io
import os
import sys
from pathlib import Path

import pytest

from tamis.errors import BadInput, Missing
from tamis.toolchains.containers import images
from tamis.toolchains.containers.confinement import Limits, options, reaching
from tamis.toolchains.containers.engine import Traits, connect
from tamis.toolchains.containers.mounts import Mount, inputs, outermost
from tamis.toolchains.containers.zig_files import zig_files


def test_what_an_engine_says_of_itself():
    assert Traits.of({}) == Traits()
    told = Traits.of(
        {
            "SecurityOptions": ["name=seccomp,profile=default", "name=rootless", "name=selinux"],
            "MemoryLimit": False,
            "PidsLimit": False,
            "Architecture": "x86_64",
        }
    )
    assert told == Traits(rootless=True, selinux=True, memory=False, pids=False, machine="x86_64")
    assert Traits.of({"SecurityOptions": ["name=userns"]}).userns
    assert Traits.of({"SecurityOptions": None, "SwapLimit": False}) == Traits(swap=False)


def test_nothing_is_allowed_but_compiling():
    made = options(
        Traits(), Limits(), [Mount(Path("/in")), Mount(Path("/out"), True)], network=False
    )
    assert made["network_mode"] == "none"
    assert made["read_only"] is True
    assert made["cap_drop"] == ["ALL"]
    assert made["security_opt"] == ["no-new-privileges"]
    assert made["user"] == f"{os.getuid()}:{os.getgid()}"
    assert (made["mem_limit"], made["memswap_limit"]) == (4 << 30, 4 << 30)
    assert made["pids_limit"] == 4096
    assert [(m["Source"], m["Target"], m["ReadOnly"]) for m in made["mounts"]] == [
        ("/in", "/in", True),
        ("/out", "/out", False),
    ]


def test_engines_that_map_users_or_cannot_limit():
    traits = Traits(rootless=True, userns=True, selinux=True, memory=False, pids=False)
    made = options(traits, Limits(network="host"), (), network=True)
    assert made["user"] == "0:0"
    assert made["userns_mode"] == "host"
    assert made["security_opt"] == ["no-new-privileges", "label=disable"]
    assert made["network_mode"] == "host"
    assert {"mem_limit", "memswap_limit", "pids_limit"} & set(made) == set()
    assert options(Traits(), Limits(), (), network=True)["network_mode"] == "default"
    assert "memswap_limit" not in options(Traits(swap=False), Limits(), (), network=False)


def test_limits_of_the_user_s():
    assert Limits.of({}) == Limits(4 << 30, "default")
    wanted = {"TAMIS_CONTAINER_MEMORY": "8g", "TAMIS_CONTAINER_NETWORK": "host"}
    assert Limits.of(wanted) == Limits(8 << 30, "host")
    assert Limits.of({"TAMIS_CONTAINER_MEMORY": "512MB"}).memory == 512 << 20
    for wrong in ("much", "0", "-1g", "1.5g", "8gg"):
        with pytest.raises(BadInput, match="is no size"):
            Limits.of({"TAMIS_CONTAINER_MEMORY": wrong})


def test_how_to_reach_registries(tmp_path):
    (tmp_path / "ca.pem").touch()
    environment = {
        "HTTPS_PROXY": "http://proxy:3128",
        "no_proxy": "localhost",
        "GOPROXY": "off",
        "CARGO_HTTP_TIMEOUT": "9",
        "npm_config_registry": "https://registry.example",
        "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
        "SSL_CERT_DIR": str(tmp_path),
        "NODE_EXTRA_CA_CERTS": str(tmp_path / "absent"),
        "RUSTFLAGS": "-C opt-level=0",
        "GOFLAGS": "-x",
        "CARGO_HOME": "/root/.cargo",
        "npm_config_cache": "/root/.npm",
        "HOME": "/root",
        "PATH": "/bin",
    }
    variables, files = reaching(environment)
    assert set(variables) == {
        "HTTPS_PROXY", "no_proxy", "GOPROXY", "CARGO_HTTP_TIMEOUT", "npm_config_registry",
        "SSL_CERT_FILE", "SSL_CERT_DIR",
    }  # fmt: skip
    assert files == (tmp_path,)


def test_mounts_are_the_outermost_folders(tmp_path):
    assert outermost([Path("/a/b"), Path("/a"), Path("/ab"), Path("/a/b/c")]) == (
        Path("/a"),
        Path("/ab"),
    )
    (tmp_path / "one" / "two").mkdir(parents=True)
    assert inputs([tmp_path / "one" / "two", tmp_path / "one", tmp_path / "gone"]) == (
        Mount(tmp_path / "one"),
    )


def test_what_links_lead_to_is_mounted(tmp_path):
    folders = [tmp_path / name for name in ("filter", "shared", "further")]
    for folder in folders:
        folder.mkdir()
        (folder / "file").touch()
    own, shared, further = folders
    (own / "shared").symlink_to(shared)
    (own / "beside").symlink_to(own / "file")
    (own / "loop").symlink_to(own)
    (own / "nowhere").symlink_to(tmp_path / "gone")
    (own / "build").mkdir()
    (own / "build" / "skipped").symlink_to("/etc/hostname")
    (shared / "further").symlink_to(further / "file")
    assert {m.path for m in inputs([own])} == {own, shared, further / "file"}
    assert not any(m.writable for m in inputs([own]))


def test_names_of_images():
    assert images.repository("zig") == images.repository("c") == "tamis-toolchain-cpp"
    assert images.tag_for("cpp", "zig 0.17.1") == "tamis-toolchain-cpp:0.17.1"
    assert images.tag_for("rust", "rustc 1.97.0-nightly") == "tamis-toolchain-rust:1.97.0-nightly"
    assert images.tag_for("assemblyscript", "node v22.1.0") == (
        "tamis-toolchain-assemblyscript:22.1.0"
    )


def test_an_image_from_a_base():
    with images.context("rust", "rust:1-slim", "") as made:
        assert made.files == {}
        assert made.dockerfile.splitlines()[1:] == [
            "FROM rust:1-slim",
            "RUN rustup target add wasm32-unknown-unknown wasm32-wasip1",
        ]
    for language, base, why in (
        ("go", None, "made from one that you name"),
        ("go", "a b", "no name of an image"),
        ("go", "a\nRUN evil", "no name of an image"),
        ("cpp", "debian", "has no base"),
        ("prebuilt", None, "need no image"),
    ):
        with pytest.raises(BadInput, match=why), images.context(language, base, ""):
            pass


def test_the_part_of_zig_that_is_needed():
    with zig_files("") as files:
        names = set(files)
    assert {"zig", "lib/std/std.zig", "lib/libcxx/include/map", "LICENSE"} <= names
    assert any(name.startswith("lib/libc/wasi/") for name in names)
    assert any(name.startswith("lib/libc/include/wasm-wasi-musl/") for name in names)
    assert not any(
        name.startswith(("lib/libc/mingw", "lib/libc/glibc", "lib/docs")) for name in names
    )


def test_a_context_is_the_same_bytes_each_time(tmp_path):
    (tmp_path / "b").write_text("b")
    (tmp_path / "a").write_text("a")
    (tmp_path / "a").chmod(0o700)
    packed = []
    for when, names in ((1, "ab"), (2, "ba")):
        os.utime(tmp_path / "a", (when, when))
        made = images.Context("FROM scratch\n", {name: tmp_path / name for name in names})
        into = io.BytesIO()
        made.pack(into)
        packed.append(hashlib.sha256(into.getvalue()).hexdigest())
    assert packed[0] == packed[1]
    made.write(tmp_path / "out")
    assert (tmp_path / "out" / "Dockerfile").read_text() == "FROM scratch\n"
    assert (tmp_path / "out" / "a").stat().st_mode & 0o777 == 0o755
    with pytest.raises(BadInput, match="cannot write"):
        made.write(tmp_path / "a")


def test_without_the_sdk(monkeypatch):
    monkeypatch.setitem(sys.modules, "docker", None)
    with pytest.raises(Missing, match="the Docker SDK is not installed") as error:
        connect()
    assert "tamis[container]" in error.value.advice()
