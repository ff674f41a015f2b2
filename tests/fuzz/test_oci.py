"""What registries and layout folders serve is not trusted: only a TamisError may come of it."""

import gzip
import json
import random
import shutil
import tarfile
from contextlib import suppress
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
import zstandard
from tests.fuzz.mutation import Rounds, damage, spoil, told
from tests.images import image
from tests.unpacked import unpacked

from tamis import oci
from tamis.errors import TamisError
from tamis.model.artifact import Descriptor, Metadata
from tamis.model.choices import LAYOUTS, Layout
from tamis.oci import manifests
from tamis.oci.folder.layout_folder import LayoutFolder
from tamis.oci.images.take import take
from tamis.oci.packing.broken import Broken
from tamis.oci.packing.gunzip import Gunzip
from tamis.oci.packing.gzip import compressed
from tamis.oci.packing.untar import Untar
from tamis.oci.registry import credentials, tokens

pytestmark = pytest.mark.judge

MODULE = b"\0asm\1\0\0\0" + b"\0\5\4name" * 200
KNOWN = Metadata(name="a", version="1.0.0", description="d", license="MIT", targets=("envoy@1.40",))
PIECES = (*(c.encode() for c in '{}[]",:0123456789.eE+-\\tfn'), b"1e999", b"null", b"\\ud800",
          b"[" * 100_000, b"9" * 5000, b'{"a":' * 2000, b"\xff", b"\0", b"-0")  # fmt: skip


def spoilt(content: bytes, chance: random.Random) -> bytes:
    if chance.randrange(2):
        return damage(content, chance, PIECES)
    return json.dumps(spoil(json.loads(content), chance)).encode()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_manifests(rounds: Rounds, layout: Layout) -> None:
    """A manifest, and the blobs it names, damaged or not: metadata and a module, or an error."""
    packed = oci.pack(MODULE, KNOWN, layout)
    blobs = {blob.descriptor.digest: blob.content for blob in packed.blobs}
    index = {"schemaVersion": 2, "manifests": [
        {**json.loads(packed.manifest)["layers"][0],
         "platform": {"os": "linux", "architecture": "amd64"}}
    ]}  # fmt: skip
    good = 0
    for chance in rounds(f"manifest {layout}", 12_000):
        content = spoilt(chance.choice((packed.manifest, json.dumps(index).encode())), chance)
        try:
            found = oci.parse(
                oci.stored(content, chance.choice((None, "a/b; c", manifests.OCI_INDEX)))
            )
            if isinstance(found, oci.Index):
                oci.child(found)
                continue
            oci.described(found, packed.digest, partial(config, blobs, chance))
            unpacked(found, lambda d: blobs.get(d.digest, MODULE), name="n", version="v")
            good += 1
        except TamisError as error:
            told(error)
    assert good > 100, "a fuzzer that is always refused sees only the first check"


def config(blobs: dict[str, bytes], chance: random.Random, known: Descriptor) -> bytes:
    """A configuration, of which all may be damaged: labels, or what is around them."""
    content = blobs.get(known.digest, b"{}")
    return spoilt(content, chance) if chance.randrange(2) and content[:1] == b"{" else content


def test_gzip(rounds: Rounds) -> None:
    """What is read before a damage is the beginning of what was written, but for the damage."""
    packed = b"".join(compressed([MODULE]))
    for chance in rounds("gzip", 20_000):
        data = damage(packed * chance.randint(1, 2), chance)
        size = 0
        with suppress(Broken):
            reader = Gunzip(BytesIO(data))
            while piece := reader.read(chance.choice((1, 100, 1 << 16))):
                size += len(piece)
                assert size <= 1 << 20


def archive(chance: random.Random) -> bytes:
    """A tar as others write it: several files, long names, extended headers."""
    out = BytesIO()
    formats = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)
    with tarfile.open(fileobj=out, mode="w", format=chance.choice(formats)) as file:
        for name in chance.sample(("a", "b/plugin.wasm", "ä" * 40, "d/" * 40 + "plugin.wasm"), 2):
            entry = tarfile.TarInfo(name)
            entry.size = chance.randrange(1000)
            entry.type = chance.choice((tarfile.REGTYPE,) * 4 + (tarfile.SYMTYPE, tarfile.DIRTYPE))
            entry.pax_headers = {"comment": "x", **chance.choice(({}, {"size": "-512"}))}
            file.addfile(entry, BytesIO(bytes(entry.size)) if entry.isreg() else None)
    return out.getvalue()


def checked(data: bytes) -> bytes:
    """The checksums of the headers made right: damage gets past the first check."""
    blocks = [bytearray(data[at : at + 512]) for at in range(0, len(data), 512)]
    for block in blocks:
        if len(block) == 512 and any(block[:148]):
            block[148:156] = b"%06o\0 " % (sum(block[:148]) + 256 + sum(block[156:]))
    return b"".join(blocks)


def overwritten(data: bytes, chance: random.Random) -> bytes:
    """Bytes of a header changed in place: sizes, kinds, checksums and sparse maps."""
    copy = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        block = 512 * chance.randrange(max(1, len(copy) // 512))
        at = block + chance.choice((0, 124, 124, 135, 156, 156, 257, 345, 386, 482))
        copy[at : at + 1] = chance.choice(
            (b"\xff", b"\x80", b"x", b"g", b"L", b"K", b"S", b"7", b" ")
        )
    return bytes(copy)


def test_tar(rounds: Rounds) -> None:
    found = 0
    for chance in rounds("tar", 20_000):
        data = archive(chance)
        data = checked(overwritten(data, chance)) if chance.randrange(3) else damage(data, chance)
        with suppress(Broken):
            reader = Untar(BytesIO(data), chance.choice((1 << 20, len(data) // 2)))
            entry, size = reader.plugin(), 0
            while entry and (piece := reader.read(1000)):
                size += len(piece)
            assert size <= len(data)
            found += bool(entry)
    assert found > 100


class Blobs:
    """What `take` needs of a store."""

    def __init__(self, blobs: dict[str, bytes]) -> None:
        self._blobs = blobs

    def read_blob(self, descriptor: Descriptor) -> bytes:
        return self._blobs[descriptor.digest]

    def save_blob(self, descriptor: Descriptor, path: Path) -> None:
        path.write_bytes(self._blobs[descriptor.digest])


def layer(chance: random.Random) -> bytes:
    """Files, links, whiteouts and devices at, above and below where Envoy is."""
    names = ("usr", "usr/local", "usr/local/bin", "usr/local/bin/envoy", "usr/bin/envoy", "opt/e",
             "usr/local/bin/.wh.envoy", ".wh..wh..opq", ".wh.usr", "ä" * 40)  # fmt: skip
    kinds = (tarfile.REGTYPE, tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE)
    out = BytesIO()
    formats = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)
    with tarfile.open(fileobj=out, mode="w", format=chance.choice(formats)) as file:
        for name in chance.sample(names, chance.randrange(5)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = chance.choice((*kinds, tarfile.CHRTYPE)), 0o755
            entry.linkname = chance.choice((*names, "/opt/e", "../bin", "../../usr/bin", ""))
            entry.size = 4 if entry.isreg() else 0
            file.addfile(entry, BytesIO(b"\x7fELF"))
    return out.getvalue()


def test_images(rounds: Rounds, tmp_path: Path) -> None:
    """A program, or an error; nothing is written but in the scratch folder."""
    taken = 0
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    packs = (bytes, gzip.compress, lambda data: zstandard.compress(data, 1))
    for chance in rounds("images", 5_000):
        layers = []
        for _ in range(chance.randint(1, 3)):
            data = layer(chance)
            if not chance.randrange(3):
                data = checked(overwritten(data, chance))
            data = chance.choice(packs)(data)
            layers.append(data if chance.randrange(6) else damage(data, chance))
        made = image(*layers, Entrypoint=["/opt/e"])
        blobs = {manifests.digest_of(blob): blob for blob in made.blobs}
        config = manifests.digest_of(made.blobs[0])
        if not chance.randrange(4):
            blobs[config] = spoilt(made.blobs[0], chance)
        names = ("/usr/local/bin/envoy", "/usr/bin/envoy")
        found = oci.stored(made.manifest)
        try:
            path, place = take(Blobs(blobs), found, names, scratch, shown="x")  # type: ignore[arg-type]
            assert path.read_bytes().startswith(b"\x7fELF")
            assert place.startswith("/")
            taken += 1
        except TamisError as error:
            told(error)
    assert taken > 100
    assert list(tmp_path.iterdir()) == [scratch]
    assert {path.name for path in scratch.iterdir()} <= {"layer-0", "layer-1", "layer-2", "program"}


def test_layout_folders(rounds: Rounds, tmp_path: Path) -> None:
    """Any of a layout's files damaged: read it and write to it."""
    good = tmp_path / "good"
    packed = oci.pack(MODULE, KNOWN, "istio")
    with LayoutFolder(good) as store:
        oci.save(packed, store, "1.0.0")
    index, marker = (good / "index.json").read_bytes(), (good / "oci-layout").read_bytes()
    folder = tmp_path / "damaged"
    shutil.copytree(good, folder)
    for chance in rounds("layout", 4000):
        (folder / "index.json").write_bytes(spoilt(index, chance) if chance.randrange(4) else index)
        (folder / "oci-layout").write_bytes(
            marker if chance.randrange(4) else spoilt(marker, chance)
        )
        store = LayoutFolder(folder)
        for verb in (_read, _write):
            try:
                verb(store, packed, chance)
            except TamisError as error:
                told(error)


def _read(store: LayoutFolder, packed: oci.Packed, chance: random.Random) -> None:
    stored = store.read_manifest(chance.choice(("", "1.0.0", packed.digest)))
    found = oci.parse(stored)
    if isinstance(found, oci.Manifest):
        unpacked(found, store.read_blob)
        oci.replicate("1.0.0", store, LayoutFolder(store.folder), "again")


def _write(store: LayoutFolder, packed: oci.Packed, chance: random.Random) -> None:
    oci.save(packed, store, chance.choice(("2.0.0", "1.0.0")))


def test_challenges(rounds: Rounds) -> None:
    good = (
        b'Bearer realm="https://a/token",service="a",scope="repository:x:pull", Basic realm="b\\"c"'
    )
    for chance in rounds("challenge", 20_000):
        header = damage(good, chance).decode("latin-1")
        for each in tokens.challenges(header):
            assert each.scheme == each.scheme.lower()


def test_credentials(rounds: Rounds, tmp_path: Path) -> None:
    good = {
        "auths": {"a.test": {"auth": "dTpw", "username": "u"}, "b": {}},
        "credHelpers": {"c": "x"},
    }
    file = tmp_path / "config.json"
    environment = {"DOCKER_CONFIG": str(tmp_path), "HOME": str(tmp_path)}
    for chance in rounds("credentials", 4000):
        file.write_bytes(spoilt(json.dumps(good).encode(), chance))
        try:
            credentials.find("a.test", environment)
        except TamisError as error:
            told(error)
