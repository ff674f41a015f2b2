"""What `tree` tells: at a terminal, and as a JSON object."""

from tamis.model.tree import Node
from tamis.report.objects import Object
from tamis.report.terminal import Lines, bytes_of, line, together

__all__ = ["grown", "node_object"]


def grown(root: Node, name: str) -> Lines:
    """A line for each manifest and blob, under what it belongs to."""
    return together(_shown(root, name, "", ""), _children(root, ""))


def _children(node: Node, indent: str) -> Lines:
    parts = []
    for at, child in enumerate(node.children):
        last = at == len(node.children) - 1
        parts.append(_shown(child, child.kind, indent, "└── " if last else "├── "))
        parts.append(_children(child, indent + ("    " if last else "│   ")))
    return together(*parts)


def _shown(node: Node, name: str, indent: str, branch: str) -> Lines:
    what = f"  {node.what}" if node.what else ""
    return line(
        (indent + branch, "dim"),
        (name, "bold"),
        what,
        (f"  {node.media_type}  ", "dim"),
        bytes_of(node.size),
        (f"  {node.digest}", "dim"),
    )


def node_object(node: Node) -> Object:
    """A manifest or blob with what is below it; `size` in bytes."""
    return {
        "kind": node.kind,
        "what": node.what,
        "media_type": node.media_type,
        "digest": node.digest,
        "size": node.size,
        "children": [node_object(child) for child in node.children],
    }
