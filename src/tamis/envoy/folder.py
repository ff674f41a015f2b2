"""Where the files and sockets of one Envoy are."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

__all__ = ["Folder"]


@dataclass(frozen=True, slots=True)
class Folder:
    """The files and sockets of one Envoy; paths stay short, as sun_path holds ~100 bytes.

    `held`: the file that claims it while it is open (see claims.py), if one does.
    """

    root: Path
    held: IO[bytes] | None = field(default=None, compare=False)

    @property
    def config(self) -> Path:
        """The bootstrap."""
        return self.root / "bootstrap.json"

    @property
    def log(self) -> Path:
        """Envoy's own log, the guest's lines and the access log, in one order."""
        return self.root / "envoy.log"

    @property
    def shim(self) -> Path:
        """The dynamic module that native twins run behind, if they do."""
        return self.root / "shim.so"

    def plugin(self, slot: str) -> Path:
        """The ECDS file of a slot; replaced by moving a new one over it."""
        return self.root / "ecds" / slot / "plugin.json"

    @property
    def base(self) -> Path:
        """The number that Envoys have in common which take over from each other."""
        return self.root / "base"

    @property
    def admin(self) -> Path:
        """Socket of the admin interface."""
        return self.root / "admin.sock"

    @property
    def listener(self) -> Path:
        """Socket that clients connect to."""
        return self.root / "in.sock"

    @property
    def side(self) -> Path:
        """Socket of the listener that holds the plugins that meet no traffic."""
        return self.root / "side.sock"

    def cluster(self, number: int) -> Path:
        """Socket of our own server behind a cluster; 0 is the upstream."""
        return self.root / f"up{number}.sock"
