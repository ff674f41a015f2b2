"""DEFLATE of our own: the same bytes in, the same bytes out, on every machine."""

from tamis.deflate.encoder import STORED_BEYOND, Encoder, deflate

__all__ = ["STORED_BEYOND", "Encoder", "deflate"]
