"""A new filter's name: one that every language and every registry takes as it is."""

import re

from tamis.errors import BadInput

__all__ = ["check_name"]

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_LONGEST = 64
#: Words that a package manager, a compiler or tamis keeps for itself: a filter so named would not
#: build, or not be found. Crates and C++ classes are called by the name with '_' for '-'.
_TAKEN = frozenset(
    word
    for line in (
        # Rust: keywords, and names that cargo refuses.
        "abstract alloc as async await become box break const continue core crate do dyn else enum",
        "extern false final fn for gen if impl in let loop macro match mod move mut override priv",
        "proc-macro pub ref return self static std struct super test trait true try type typeof",
        "unsafe unsized use virtual where while yield",
        # Go: keywords, and folders and modules that mean something to the go command.
        "all case chan cmd default defer fallthrough func go goto import interface internal main",
        "map package range select switch testdata var vendor",
        # C, C++ and JavaScript: the rest of their keywords.
        "and auto bool catch char class concept debugger delete double export extends finally",
        "float friend function inline instanceof int long module mutable namespace new not null",
        "operator or private protected public register requires short signed sizeof template this",
        "throw typedef typeid union unsigned using void volatile with xor",
        # Folders that no filter is looked for in, and device names of Windows.
        "build fixtures target aux com1 com2 com3 com4 con lpt1 lpt2 lpt3 nul prn",
    )
    for word in line.split()
)


def check_name(name: str) -> None:
    """Raises BadInput unless `name` can name a crate, a Go module, an npm package and an artifact.

    The advice has the nearest name that would do, if there is one.
    """
    if not _NAME.fullmatch(name) or name.endswith("-"):
        near = re.sub(r"[^a-z0-9]+", "-", name.lower()).lstrip("-0123456789").strip("-")
        raise BadInput(
            f"'{name}' cannot name a filter: a-z, 0-9 and '-' can, beginning with a letter",
            advice=f"Take {near[:_LONGEST].rstrip('-')}." if near else "For example: my-filter.",
        )
    if len(name) > _LONGEST:
        raise BadInput(
            f"a name of {len(name)} letters is too long", advice=f"Take at most {_LONGEST}."
        )
    if name in _TAKEN:
        raise BadInput(
            f"'{name}' cannot name a filter: a compiler or package manager keeps the word",
            advice=f"For example: {name}-filter.",
        )
