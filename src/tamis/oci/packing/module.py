"""What consumers take for a module."""

from tamis.errors import BadInput

__all__ = ["MAX_MODULE", "check_module"]

#: Bytes of a module; Istio silently truncates beyond.
MAX_MODULE = 256 << 20

_MAGIC = b"\0asm"


def check_module(head: bytes, size: int, name: str) -> None:
    """Raises BadInput where a consumer would refuse or truncate a module of `size` bytes that
    begins with `head`.
    """
    if size < 8 or not head.startswith(_MAGIC):
        raise BadInput(
            f"{name}: this is not a WebAssembly module (it does not begin with \\0asm)",
            advice="Name the compiled .wasm file.",
        )
    if size > MAX_MODULE:
        raise BadInput(
            f"{name}: the module has {size >> 20} MiB, and consumers truncate it at "
            f"{MAX_MODULE >> 20} MiB",
            advice="Strip debug information and embedded data.",
        )
