"""What pages of HTML have in common: their frame, text that is safe, and tables."""

from collections.abc import Sequence
from html import escape

from tamis.report.page_style import STYLE
from tamis.version import VERSION

__all__ = ["document", "safe", "table"]


def document(title: str, body: str) -> str:
    """A whole page, ending with a newline."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{safe(title)}</title>\n<style>{STYLE}</style>\n"
        f"</head>\n<body>\n{body}\n<footer>tamis {VERSION}</footer>\n</body>\n</html>\n"
    )


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, texts: Sequence[int] = (0,)
) -> str:
    """`texts`: columns that are no numbers."""

    def cells(tag: str, row: Sequence[str]) -> str:
        return "".join(
            f"<{tag}{'' if at in texts else ' class=n'}>{safe(cell)}</{tag}>"
            for at, cell in enumerate(row)
        )

    top = f"<thead><tr>{cells('th', head)}</tr></thead>" if any(head) else ""
    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div class="wide"><table>{top}<tbody>{body}</tbody></table></div>'


def safe(text: str) -> str:
    """Escaped; what UTF-8 cannot carry is shown as it was given."""
    return escape(text.encode("utf-8", "backslashreplace").decode())
