"""What `keygen`, `sign` and `attach` return."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["Attached", "Attachment", "Form", "KeyPair"]

#: How a thing is kept: cosign's classic signature, a bundle, a plain document; by cosign itself.
Form = Literal["signature", "bundle", "document", "cosign"]


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The two files of a pair; `id` is the public key's."""

    private: Path
    public: Path
    id: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """One thing that is now there. `kind`: signature, sbom, ...; `holder`: digest of the manifest
    that holds it, "" where cosign has not told; `new`: it was not there before.
    """

    kind: str
    form: Form
    holder: str
    new: bool


@dataclass(frozen=True, slots=True)
class Attached:
    """What now is about the image manifest `digest`, pinned in `reference`; `index`: the index it
    was found in, or "". `key`: the id of the key that signed, "" without one of ours.
    """

    reference: str
    digest: str
    attachments: tuple[Attachment, ...]
    key: str = ""
    index: str = ""
