"""The shim that runs native twins in Envoy (sdk/native): compiled once, kept by its sources."""

import hashlib

from tamis import caches
from tamis.toolchains import ziglang
from tamis.toolchains.job import Job
from tamis.toolchains.sdk import sdk_folder
from tamis.toolchains.workshop import Here, Workshop

__all__ = ["shim"]

_KIND = "builds"
_FLAGS = (
    "-std=c++20", "-O2", "-fPIC", "-fvisibility=hidden", "-fno-exceptions", "-fno-rtti", "-Wall",
    "-shared", "-s",
)  # fmt: skip


def shim(shop: Workshop | None = None) -> bytes:
    """The dynamic module for Envoy 1.40 on this machine; built when there is none yet.

    Raises Missing without the compiler.
    """
    if shop is None:
        with Here() as here:
            return shim(here)
    zig = ziglang.find(shop)
    folder, ours = sdk_folder("native"), sdk_folder("cpp")
    sources = sorted(folder.glob("*.cc"))
    flags = (*_FLAGS, "-target", ziglang.native_target())
    read = (*sources, *sorted(folder.glob("*.h")), ours / "tamis" / "backend" / "envoy_abi.h")
    digest = hashlib.sha256(f"{zig.version} {flags}".encode())
    for file in read:
        digest.update(f"{file.name}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    name = digest.hexdigest()
    kept = caches.read(_KIND, name)
    if kept:
        return kept
    made = shop.scratch / "shim.so"
    command = (
        str(zig.path), "c++", *flags, f"-I{folder}", f"-I{ours}",
        f"-ffile-prefix-map={folder}=tamis-shim", *map(str, sources), "-o", str(made),
    )  # fmt: skip
    shop.run(Job("compile the shim", command, cwd=folder, env=ziglang.environment(shop)))
    content = made.read_bytes()
    caches.write(_KIND, name, content)
    return content
