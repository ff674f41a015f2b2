"""What a puller would get out of a layer: no more is read than it reads, nothing is kept."""

from tamis.model.packaged import Layer, Opened
from tamis.oci.blobs import PIECE, Reader, Source
from tamis.oci.packing.broken import Broken
from tamis.oci.packing.gunzip import Gunzip
from tamis.oci.packing.module import MAX_MODULE
from tamis.oci.packing.tar import PLUGIN
from tamis.oci.packing.untar import Untar

__all__ = ["peek"]

_HEAD = 8


def peek(source: Source, *, archive: bool) -> Layer:
    """The layer, itself as a module or the one in it (`archive`). Raises what reading raises."""
    with source.open() as reader:
        if archive:
            return Layer(source.size, Opened(source.size), _archived(reader))
        return Layer(source.size, Opened(source.size, reader.read(_HEAD)))


def _archived(reader: Reader) -> Opened:
    doing = "failed to parse layer as tar.gz: "
    try:
        unzipped = Gunzip(reader)
        doing = ""
        archive = Untar(unzipped, MAX_MODULE)
        entry = archive.plugin()
        if entry is None:
            return Opened(fault=f"{PLUGIN} not found in the archive")
        doing = f"failed to read {PLUGIN}: "
        size, head = 0, b""
        while piece := archive.read(PIECE):
            head = (head + piece)[:_HEAD] if size < _HEAD else head
            size += len(piece)
    except Broken as broken:
        alone = broken.words.startswith("panic: ")
        return Opened(fault=broken.words if alone else doing + broken.words)
    if entry.sparse:  # no tool packs a module so; its first bytes may be a hole
        return Opened(entry.size)
    # A link or a folder has no content, whatever its header says.
    return Opened(size, head) if size == entry.size else Opened(fault=f"{doing}EOF")
