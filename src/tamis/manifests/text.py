"""Values to YAML: the same bytes each time, read alike by YAML 1.1 and 1.2 readers."""

import io
import re
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

__all__ = ["to_yaml"]

#: What needs no quotes: it begins like a word and cannot be a number, a time or a mapping.
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./@-]*(?::[A-Za-z0-9_./@-]+)*\Z")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"))
#: Characters that a literal block does not keep as they are.
_NO_BLOCK = re.compile(r"[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe]")
#: Kept in quotes whatever they hold: all digits would be a number.
_ALWAYS_QUOTED = frozenset(("sha256",))


def to_yaml(value: Mapping[str, Any], comments: tuple[str, ...] = ()) -> str:
    """One document, `comments` first; keys in the order given."""
    writer = YAML()
    writer.default_flow_style = False
    writer.width = 1 << 20
    writer.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    writer.dump(_quoted(value), stream)
    return "".join(f"# {comment}\n" for comment in comments) + stream.getvalue()


def _quoted(value: Any, key: str = "") -> Any:  # noqa: ANN401 any JSON value
    if isinstance(value, Mapping):
        return {
            _string(str(name), block=False): _quoted(each, str(name))
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_quoted(each) for each in value]
    if isinstance(value, str):
        return DoubleQuotedScalarString(value) if key in _ALWAYS_QUOTED else _string(value)
    return value


def _string(text: str, *, block: bool = True) -> str:
    if _PLAIN.match(text) and text.lower() not in _WORDS:
        return text
    # A block keeps JSON readable, where quotes would need a backslash before each of its own.
    block = block and ("\n" in text or '"' in text) and not _NO_BLOCK.search(text)
    quoted: str = (LiteralScalarString if block else DoubleQuotedScalarString)(text)
    return quoted
