"""A program out of a container image: which layer, behind which links, and what is refused.

Nothing here is started: what begins like a program will do. tests/envoy/test_images.py has Envoys.
"""

import gzip
import io
import json
import os
import tarfile
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import pytest
import zstandard
from tests.images import ELF, Image, file, folder, hard, image, index, layer, soft, to_folder
from tests.registry import Fault, LoopbackRegistry

from tamis import oci
from tamis.errors import BadInput, Rejected, TamisError, Unreachable
from tamis.model.artifact import Descriptor
from tamis.model.reference import Reference, RegistryReference, parse
from tamis.oci import unpacking
from tamis.oci.images import layers
from tamis.oci.images import take as images
from tamis.oci.registry.patience import Patience
from tamis.oci.registry.repository import RegistryStore

NAMES = ("/usr/local/bin/envoy", "/usr/bin/envoy")
HERE, THERE = "usr/local/bin/envoy", "usr/bin/envoy"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's credentials are not for tests."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


@dataclass(frozen=True)
class Taken:
    """`content` without its head; `blobs`: how many were asked for."""

    content: str
    place: str
    blobs: int = 0


def elf(text: str) -> bytes:
    return ELF + text.encode()


def take_from(reference: Reference, scratch: Path) -> Taken:
    scratch.mkdir()
    with oci.open_store(reference) as store:
        top = store.read_manifest(oci.name_in(reference))
        digest, kind = images.for_platform(top, str(reference))
        found = store.read_manifest(digest, kind)
        path, place = images.take(store, found, NAMES, scratch, shown=str(reference))
    assert path.stat().st_mode & 0o777 == 0o755
    return Taken(path.read_bytes().removeprefix(ELF).decode(), place)


@pytest.fixture
def take(registry: LoopbackRegistry, tmp_path: Path):
    """What is taken of an image with these layers (lowest first), or of an image or index."""

    def taken(*of: bytes | Image, **config: object) -> Taken:
        made = of[0] if isinstance(of[0], Image) else image(*of, **config)  # type: ignore[arg-type]
        reference = parse("oci://" + made.serve(registry))
        before = len(registry.requests)
        found = take_from(reference, tmp_path / f"scratch-{before}")
        asked = [path for _, path in registry.requests[before:] if "/blobs/" in path]
        return Taken(found.content, found.place, len(asked))

    return taken


BASE = layer(folder("usr"), folder("usr/bin"), file("usr/bin/sh", elf("sh")))


@pytest.mark.parametrize("pack", ["plain", "gzip", "zstd"])
def test_layers_in_all_their_forms(take, pack):
    one = layer(folder("usr/local/bin"), file(HERE, elf("one" * 100_000)), pack=pack)
    assert take(BASE, one) == Taken("one" * 100_000, f"/{HERE}", blobs=2)


def test_several_frames_and_members(take):
    plain = layer(file(HERE, elf("one" * 1000)), pack="plain")
    half = len(plain) // 2
    for pack in (gzip.compress, zstandard.compress):
        skippable = b"\x50\x2a\x4d\x18\4\0\0\0skip" if pack is zstandard.compress else b""
        whole = pack(plain[:half]) + skippable + pack(plain[half:])
        assert take(whole).content == "one" * 1000


def test_only_the_layers_that_it_takes_are_fetched(take):
    old, new = layer(file(HERE, elf("old"))), layer(file(HERE, elf("new")))
    notes = layer(file("etc/notes"))
    assert take(BASE, old, new, notes) == Taken("new", f"/{HERE}", blobs=1 + 2)


def test_the_topmost_layer_wins_whatever_the_name(take):
    lower, upper = layer(file(HERE, elf("lower"))), layer(file(THERE, elf("upper")))
    assert take(lower, upper) == Taken("upper", f"/{THERE}", blobs=2)
    both = layer(file(THERE, elf("second")), file(HERE, elf("first")))
    assert take(both).place == f"/{HERE}"


def test_the_last_of_two_in_a_layer_counts(take):
    assert take(layer(file(HERE, elf("one")), file(HERE, elf("two")))).content == "two"


@pytest.mark.parametrize(
    "gone",
    [
        file("usr/local/bin/.wh.envoy"),
        file("usr/.wh.local"),
        file("usr/local/bin/.wh..wh..opq"),
        file("usr/local/.wh..wh..opq"),
        file(".wh..wh..opq"),
        file("usr/local/bin"),
        soft("usr/local", "/nowhere"),
    ],
    ids=lambda member: f"{member[0].name}-{member[0].type.decode()}",
)
def test_what_an_upper_layer_takes_away(take, gone):
    with pytest.raises(BadInput, match="has no Envoy"):
        take(layer(file(HERE, elf("lower"))), layer(gone))
    # What the same layer has stays, and so does what a higher one adds.
    assert take(layer(gone), layer(file(HERE, elf("higher")))).content == "higher"


def test_a_whiteout_is_about_lower_layers_alone(take):
    lower = layer(file(HERE, elf("lower")))
    both = layer(file("usr/local/bin/.wh..wh..opq"), file(HERE, elf("same")))
    assert take(lower, both).content == "same"
    aufs = layer(folder(".wh..wh.plnk"), file(".wh..wh.aufs"))
    assert take(lower, aufs).content == "lower"
    beside = layer(
        file("usr/local/bin/.wh.envo"), file("usr/local/.wh.bi"), file("opt/.wh..wh..opq")
    )
    assert take(lower, beside).content == "lower"


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ([soft(HERE, "/opt/envoy"), file("opt/envoy", elf("it"))], "/opt/envoy"),
        ([soft(HERE, "../../../../../opt/envoy"), file("opt/envoy", elf("it"))], "/opt/envoy"),
        ([soft(HERE, "envoy-1.38"), file(f"{HERE}-1.38", elf("it"))], f"/{HERE}-1.38"),
        ([file("opt/envoy", elf("it")), hard(HERE, "opt/envoy")], "/opt/envoy"),
        ([soft("usr/local/bin", "/opt/bin"), file("opt/bin/envoy", elf("it"))], "/opt/bin/envoy"),
        ([soft("usr/bin", "../bin"), file("bin/envoy", elf("it"))], "/bin/envoy"),
        (
            [soft("a", "b"), soft("b", "/c/./d"), soft(HERE, "/a/e"), file("c/d/e", elf("it"))],
            "/c/d/e",
        ),
        ([file(f"./{HERE}", elf("it"))], f"/{HERE}"),
        ([file(f"/{HERE}", elf("it"))], f"/{HERE}"),
    ],
)
def test_links(take, members, place):
    assert take(layer(*members)) == Taken("it", place, blobs=2)
    each = [layer(member) for member in members]
    assert take(*each) == Taken("it", place, blobs=1 + len(members))
    if members[-1][0].type != tarfile.LNKTYPE:  # a hard link is about what is there already
        assert take(*reversed(each)).content == "it"


def test_a_link_into_what_a_higher_layer_changed(take):
    lower = layer(soft(HERE, "/opt/envoy"), file("opt/envoy", elf("old")))
    assert take(lower, layer(file("opt/envoy", elf("new")))).content == "new"
    with pytest.raises(BadInput, match="has no Envoy"):
        take(lower, layer(file("opt/.wh.envoy")))


def test_a_hard_link_keeps_what_it_was_made_of(take):
    lower = layer(file("opt/envoy", elf("old")), hard(HERE, "opt/envoy"))
    for upper in (file("opt/envoy", elf("new")), file("opt/.wh.envoy"), file(".wh.opt")):
        assert take(lower, layer(upper)).content == "old"


@pytest.mark.parametrize(
    "members",
    [
        [soft(HERE, HERE)],
        [soft(HERE, "envoy")],
        [soft("usr/local/bin", "bin")],
        [hard(HERE, HERE)],
        [soft(HERE, "/opt/a"), soft("opt/a", "/opt/b"), soft("opt/b", "/opt/a")],
        [soft(HERE, "")],
        [soft(HERE, "/")],
    ],
)
def test_links_without_end(take, members):
    with pytest.raises(BadInput, match="has no Envoy"):
        take(layer(*members))


@pytest.mark.parametrize(
    "config",
    [
        {"Entrypoint": ["/opt/proxy"]},
        {"Cmd": ["/opt/proxy"]},
        {"Entrypoint": ["/entry.sh"], "Cmd": ["/opt/envoy-proxy", "-c", "/etc/envoy.yaml"]},
        {"Entrypoint": ["tini", "--", "envoy-proxy"], "Env": ["A=b", "PATH=/bin:/opt"]},
        {"Entrypoint": ["proxy"], "Env": ["PATH=/opt"]},
        {"Entrypoint": ["/bin/sh", "-c", "exec /opt/envoy-proxy -c /etc/envoy.yaml"]},
    ],
)
def test_what_the_image_starts(take, config):
    files = [
        file("opt/proxy", elf("it")),
        file("opt/envoy-proxy", elf("it")),
        file("entry.sh", b"#!/bin/sh"),
        file("etc/envoy.yaml", b"{}", 0o644),
    ]
    assert take(layer(*files), **config).content == "it"


def test_what_it_starts_beside_envoy_is_not_taken(take):
    lower = layer(file("opt/envoy-proxy", elf("it")))
    upper = layer(
        file("etc/envoy.yaml", b"{}", 0o644), file("envoy.sh", b"#!/bin/sh"), folder("envoy.d")
    )
    words = ["/envoy.sh", "/envoy.d", "/opt/envoy-proxy", "-c", "/etc/envoy.yaml"]
    assert take(lower, upper, Entrypoint=words).content == "it"


def test_the_usual_places_come_first(take):
    files = layer(file("opt/envoy", elf("started")), file(THERE, elf("usual")))
    assert take(files, Entrypoint=["/opt/envoy"]).content == "usual"


def test_an_image_without_envoy_says_where_it_looked(take):
    with pytest.raises(BadInput) as caught:
        take(BASE, Entrypoint=["/bin/app"], Cmd=[1, None, "/etc/envoy.yaml"])
    assert caught.value.what.endswith(
        "/acme/proxy:1 has no Envoy: no program at /usr/local/bin/envoy, /usr/bin/envoy, "
        "/etc/envoy.yaml, /bin/app"
    )
    assert "istio/proxyv2:TAG" in caught.value.advice()


@pytest.mark.parametrize(
    "member",
    [
        file(HERE, b"#!/bin/sh\nexec /opt/envoy"),
        file(HERE, elf("it"), mode=0o644),
        file(HERE),
        folder(HERE),
        file(HERE, kind=tarfile.CHRTYPE),
        file(HERE, kind=tarfile.FIFOTYPE),
    ],
)
def test_what_is_no_program(take, member):
    with pytest.raises(BadInput, match=f"its /{HERE} is no program"):
        take(layer(member))


def test_devices_elsewhere_do_not_matter(take):
    assert (
        take(layer(file("dev/null", kind=tarfile.CHRTYPE), file(HERE, elf("it")))).content == "it"
    )


OTHER = "linux/s390x"


@pytest.mark.parametrize("docker", [False, True])
def test_the_child_for_this_machine(take, docker):
    ours, theirs = (
        image(layer(file(HERE, elf(name))), docker=docker) for name in ("ours", "theirs")
    )
    both = {OTHER: theirs, images.HERE: ours, "unknown/unknown": theirs}
    assert take(index(both, docker=docker)).content == "ours"


def test_other_platforms_are_named(take):
    theirs = image(BASE, platform=OTHER)
    every = {OTHER: theirs, "linux/386": theirs, "unknown/unknown": theirs}
    with pytest.raises(BadInput, match=f"is not for {images.HERE}: there is linux/386, {OTHER}$"):
        take(index(every))
    with pytest.raises(BadInput, match="there is nothing that names its platform"):
        take(index({}))
    with pytest.raises(BadInput, match=f"is not for {images.HERE}: there is {OTHER}$"):
        take(theirs)
    with pytest.raises(BadInput, match="index of indexes"):
        take(index({images.HERE: index({images.HERE: theirs})}))


def test_out_of_a_layout_folder(tmp_path: Path):
    made = image(BASE, layer(file(HERE, elf("it"))))
    to_folder(made, tmp_path / "oci", "1")
    reference = parse(f"oci-layout://{tmp_path}/oci:1")
    assert take_from(reference, tmp_path / "one").content == "it"
    blob = made.blobs[-1]
    (path,) = (p for p in (tmp_path / "oci/blobs/sha256").iterdir() if p.read_bytes() == blob)
    path.write_bytes(blob[:-1] + b"x")
    with pytest.raises(Rejected, match="the content has digest"):
        take_from(reference, tmp_path / "two")
    path.unlink()
    with pytest.raises(BadInput, match="has no blob sha256:"):
        take_from(reference, tmp_path / "three")


def archive(*blocks: bytes) -> bytes:
    return b"".join(block.ljust(-(-len(block) // 512) * 512, b"\0") for block in blocks)


def sparse(content: bytes) -> bytes:
    """As GNU tar writes it: a map of what is not zero, then that."""
    whole = f"1\n0\n{len(content)}\n".encode().ljust(512, b"\0") + content
    info, _ = file(HERE)
    info.size = len(whole)
    info.pax_headers = {f"GNU.sparse.{key}": value for key, value in
                        (("major", "1"), ("minor", "0"), ("realsize", "1000000"))}  # fmt: skip
    return archive(info.tobuf(tarfile.PAX_FORMAT), whole)


def header(name: str, size: int, kind: bytes, **more: object) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    for key, value in more.items():
        setattr(info, key, value)
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (layer(file("../../etc/passwd")), r"'\.\./\.\./etc/passwd' leads out of the image"),
        (layer(file("usr/../../x")), "leads out of the image"),
        (layer(hard(HERE, "../x")), "leads out of the image"),
        (b"", "is no layer of a container image: empty file"),
        (b"\0asm\1\0\0\0" + bytes(600), "is no layer of a container image"),
        (gzip.compress(b"hello", mtime=0), "is no layer of a container image: truncated header"),
        (layer(file(HERE, elf("it" * 9000)))[:9000], "is damaged: Compressed file ended"),
        (layer(file(HERE, elf("it" * 9000)), pack="zstd")[:40], "is no layer|is damaged"),
        (b"\x1f\x8bnope", "is damaged: "),
        (b"\x28\xb5\x2f\xfdnope" + bytes(99), "is damaged: "),
        (layer(file(HERE, elf("it" * 9000)), pack="plain")[:9000], "unexpected end of data"),
        (archive(header("x", 1 << 40, tarfile.XHDTYPE)), "a tar header of 1099511627776 bytes"),
        (
            archive(header("x", 1 << 30, tarfile.GNUTYPE_LONGNAME)),
            "a tar header of 1073741824 bytes",
        ),
        (archive(*[header("x", 0, tarfile.GNUTYPE_LONGNAME)] * 3000), "its tar headers never end"),
        (archive(header("x", -(1 << 20), tarfile.REGTYPE)), "is no layer|lead backwards"),
        (archive(header(HERE, 512, tarfile.GNUTYPE_SPARSE), bytes(512)), "is no program"),
        (sparse(ELF), "is no program"),
    ],
)
def test_hostile_layers(take, content, words):
    with pytest.raises(BadInput, match=words):
        take(content)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_bomb_is_not_set_off(take, pack, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(unpacking, "_LARGEST", 1 << 25)
    zeros = pack(header("zeros", 1 << 26, tarfile.REGTYPE) + bytes(1 << 26))
    tracemalloc.start()
    with pytest.raises(BadInput, match="unpacks to more than"):
        take(zeros)
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_large_files_pass_through_little_memory(registry: LoopbackRegistry, tmp_path: Path):
    big = os.urandom(1 << 20) * 40
    made = image(layer(file("big", big), file(HERE, ELF + big)))
    reference = parse("oci://" + made.serve(registry))
    with oci.open_store(reference) as store:
        top = store.read_manifest(oci.name_in(reference))
        tracemalloc.start()
        path, _ = images.take(store, top, NAMES, tmp_path, shown="x")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert path.stat().st_size == len(ELF + big)
    assert peak < 8 << 20


def test_too_many_files(take, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(images, "_NAMES", 6000)
    one, other = (layer(*(file(f"{part}{number}") for number in range(30))) for part in "ab")
    with pytest.raises(BadInput, match=r"layer 1 of .* holds too many files"):
        take(one, other)  # each by itself would do


def test_many_files_take_little_memory(tmp_path: Path):
    (tmp_path / "layer").write_bytes(layer(*(file(f"usr/{number}") for number in range(20_000))))
    tracemalloc.start()
    read = layers.read(tmp_path / "layer", "x", 1 << 30)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(read.entries) == 20_000
    assert peak < 10 << 20


def test_too_many_global_headers(take):
    made = io.BytesIO()
    with tarfile.open(
        fileobj=made,
        mode="w",
        format=tarfile.PAX_FORMAT,
        pax_headers={f"k{number}": "v" for number in range(2000)},
    ) as tar:
        tar.addfile(*[file(HERE)[0]])
    with pytest.raises(BadInput, match="too many global headers"):
        take(made.getvalue())


def test_too_many_layers(take, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(BadInput, match="has 128 layers"):
        take(*[BASE] * 128)
    monkeypatch.setattr(images, "_LARGEST_LAYER", 100)
    with pytest.raises(BadInput, match=r"layer 1 of .* has 0 MiB"):
        take(BASE)


@pytest.mark.parametrize("config", [b"nope", b"[" * 100_000, b"[]", b'{"config": [], "os": 1}'])
def test_a_configuration_that_is_none(registry: LoopbackRegistry, take, config: bytes):
    made = image(layer(file(HERE, elf("it"))))
    document = json.loads(made.manifest)
    document["config"] |= {"digest": oci.digest_of(config), "size": len(config)}
    changed = Image(json.dumps(document).encode(), made.kind, (config, *made.blobs[1:]))
    if config[:1] == b"n" or len(config) > 1000:
        with pytest.raises(BadInput, match="has no configuration of an image"):
            take(changed)
    else:
        assert take(changed).content == "it"


def saved(registry: LoopbackRegistry, path: Path, content: bytes, size: int | None = None) -> bytes:
    descriptor = Descriptor("x", oci.digest_of(content), len(content) if size is None else size)
    registry.blobs["acme/proxy"] = {descriptor.digest: content}
    patience = Patience(pause=lambda _: None)
    with RegistryStore(registry.host, "acme/proxy", patience=patience) as store:
        store.save_blob(descriptor, path)
    return path.read_bytes()


def test_a_download_that_breaks_off_begins_anew(registry: LoopbackRegistry, tmp_path: Path):
    content = os.urandom(300_000)
    registry.faults = [
        Fault("GET", "/blobs/", truncate=True),
        Fault("GET", "/blobs/", status=503),
        Fault("GET", "/blobs/", drop=True),
    ]
    assert saved(registry, tmp_path / "x", content) == content
    registry.faults = [Fault("GET", "/blobs/", truncate=True, times=9)]
    with pytest.raises(Unreachable, match="does not answer"):
        saved(registry, tmp_path / "x", content)


@pytest.mark.parametrize(
    ("fault", "size", "error", "words"),
    [
        (Fault("GET", "/blobs/", damage=True), None, Rejected, "the content has digest"),
        (None, 1000, Rejected, "sends more than the 1000 bytes"),
        (Fault("GET", "/blobs/", status=404), None, BadInput, "is not there"),
        (Fault("GET", "/blobs/", status=403, times=2), None, Unreachable, "does not let"),
    ],
)
def test_a_download_that_fails(
    registry: LoopbackRegistry,
    tmp_path: Path,
    fault: Fault | None,
    size: int | None,
    error: type[TamisError],
    words: str,
):
    registry.faults = [fault] if fault else []
    with pytest.raises(error, match=words):
        saved(registry, tmp_path / "x", os.urandom(300_000), size)


def test_a_tag_that_is_not_there(registry: LoopbackRegistry, tmp_path: Path):
    reference = RegistryReference(registry.host, "acme/proxy", "nope")
    with pytest.raises(BadInput, match="acme/proxy:nope is not there"):
        take_from(reference, tmp_path / "x")
