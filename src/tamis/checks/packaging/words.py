"""What a puller says when it takes nothing."""

__all__ = ["Refused", "quoted"]


class Refused(Exception):
    """`words`: a puller's own. `rule`: which of ours that breaks, once it is known."""

    def __init__(self, words: str, rule: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.rule = rule


def quoted(text: str) -> str:
    """As Go's %q."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
