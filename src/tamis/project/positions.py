"""Where each key of a TOML document stands: `tomllib` gives values, but no places.

The text must already have passed `tomllib`; the scanner then only has to know where strings,
comments, arrays and inline tables begin and end (TOML 1.0.0).
"""

from collections.abc import Mapping

__all__ = ["Path", "positions"]

#: A key path; elements of arrays are numbers: ("bin", 0, "name").
Path = tuple[str | int, ...]


def positions(text: str) -> Mapping[Path, tuple[int, int]]:
    """Line and column (from 1) of every key, and of the values inside arrays."""
    return _Scanner(text).scan()


class _Scanner:
    """Lives for one document. `at` is an offset into `text`."""

    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.at = 0
        self.found: dict[Path, tuple[int, int]] = {}
        self.lengths: dict[Path, int] = {}  # of arrays of tables

    def scan(self) -> dict[Path, tuple[int, int]]:
        table: Path = ()
        while True:
            self._blank()
            if not self._peek():
                return self.found
            table = self._header() if self._peek() == "[" else self._pair(table)

    def _peek(self, size: int = 1) -> str:
        return self.text[self.at : self.at + size]

    def _note(self, path: Path, at: int) -> None:
        line = self.text.count("\n", 0, at) + 1
        self.found.setdefault(path, (line, at - self.text.rfind("\n", 0, at)))

    def _blank(self, also: str = "") -> None:
        """Past white space, newlines and comments, and the characters of `also`."""
        while (char := self._peek()) and (char in " \t\r\n" + also or char == "#"):
            if char == "#":
                self.at = self._find("\n")
            else:
                self.at += 1

    def _find(self, text: str) -> int:
        found = self.text.find(text, self.at)
        return len(self.text) if found < 0 else found

    def _header(self) -> Path:
        array = self._peek(2) == "[["
        self.at += 2 if array else 1
        path = self._key(())
        if array:
            index = self.lengths.get(path, 0)
            self.lengths[path] = index + 1
            path = (*path, index)
        self.at = self._find("]") + (2 if array else 1)
        return path

    def _pair(self, table: Path) -> Path:
        """A `key = value`; the table stays the current one."""
        path = self._key(table)
        self.at = self._find("=") + 1
        self._value(path)
        return table

    def _key(self, table: Path) -> Path:
        """A dotted key, each part of which is noted. Parts inside arrays go to the last element."""
        path = table
        while True:
            while self._peek() in (" ", "\t"):
                self.at += 1
            start = self.at
            path = (*path, self._part())
            self._note(path, start)
            while self._peek() in (" ", "\t"):
                self.at += 1
            if self._peek() != ".":
                return path
            self.at += 1
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)

    def _part(self) -> str:
        if self._peek() in ("'", '"'):
            return self._string()
        start = self.at
        while (char := self._peek()) and (char.isalnum() or char in "_-"):
            self.at += 1
        return self.text[start : self.at]

    def _string(self) -> str:
        """Past a string of any of the four kinds; its text, escapes of one letter undone."""
        quote = self._peek()
        fence = quote * 3 if self._peek(3) == quote * 3 else quote
        self.at += len(fence)
        start = self.at
        while self._peek(len(fence)) != fence:
            self.at += 2 if quote == '"' and self._peek() == "\\" else 1
        while len(fence) == 3 and self._peek(4) == fence + quote:  # quotes that end the text
            self.at += 1
        text = self.text[start : self.at]
        self.at += len(fence)
        return text.replace('\\"', '"').replace("\\\\", "\\") if quote == '"' else text

    def _value(self, path: Path) -> None:
        self._blank()
        char = self._peek()
        if char in ("'", '"'):
            self._string()
        elif char == "[":
            self._array(path)
        elif char == "{":
            self._inline(path)
        else:
            while self._peek() not in ("", "\n", ",", "]", "}", "#"):
                self.at += 1

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while True:
            self._blank(also=",")
            if self._peek() == "]":
                break
            self._note((*path, index), self.at)
            self._value((*path, index))
            index += 1
        self.at += 1

    def _inline(self, path: Path) -> None:
        self.at += 1
        while True:
            self._blank(also=",")
            if self._peek() == "}":
                break
            self._pair(path)
        self.at += 1
