"""Parts of pictures as SVG: across in percent, so that text keeps its size on any screen."""

from collections.abc import Sequence
from html import escape

__all__ = ["line", "svg", "text"]


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """From one point to another; `kind`: its class."""
    return f'<line class="{kind}" x1="{x1:.3f}%" y1="{y1:.1f}" x2="{x2:.3f}%" y2="{y2:.1f}"/>'


def text(across: float, down: float, words: str, anchor: str) -> str:
    """`anchor`: start, middle or end, of what is at that place."""
    return f'<text x="{across:.3f}%" y="{down:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def svg(parts: Sequence[str], height: int, what: str) -> str:
    """As wide as there is room, `height` pixels high; `what`: for those who do not see it."""
    return (
        f'<svg role="img" aria-label="{escape(what)}" width="100%" height="{height}">'
        f"{''.join(parts)}</svg>"
    )
