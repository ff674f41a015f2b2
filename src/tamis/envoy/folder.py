"""Where the files and sockets of one Envoy are, and what is said when there is no room for them."""

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tamis.envoy import claims
from tamis.errors import Missing

__all__ = ["Folder", "run_folder", "temporary", "writing"]

#: Bytes of a Unix socket's path, on the system that allows fewest; the end of it is a NUL.
_SOCKET_PATH = 104
#: The longest name of a socket in a folder.
_SOCKET = "/up99999.sock\0"
#: Where the path is short, when that of TMPDIR is not.
_SHORT = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - mkdtemp makes a private folder there
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PAGE = 65_536


def run_folder() -> "Folder":
    """A new private folder with a path short enough for Unix sockets. Raises Missing.

    Those that owners left behind who were killed are removed.
    """
    wanted = _temporary_root()
    longest = _SOCKET_PATH - len(_SOCKET) - len(f"/{claims.PREFIX}12345678")
    places = [each for each in (wanted, *_SHORT) if len(os.fsencode(each)) <= longest]
    for place in places:
        claims.sweep(place)
        with contextlib.suppress(OSError):
            root = Path(tempfile.mkdtemp(prefix=claims.PREFIX, dir=place))
            return Folder(root, claims.claim(root))
    if wanted not in places:
        raise Missing(
            f"{wanted} is too long a path for Unix sockets, and no shorter one can be written to",
            advice=f"Name one of at most {longest} bytes with TMPDIR.",
        )
    raise _unwritable(wanted)


@contextlib.contextmanager
def temporary() -> Iterator["Folder"]:
    """One that goes at the end. Raises Missing when there is no room."""
    folder = run_folder()
    try:
        with writing(folder.root):
            yield folder
    finally:
        folder.remove()


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Raises Missing where nothing more can be written to `folder`."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise Missing(
            f"Envoy's files in {folder.parent} cannot be written: {error.strerror}",
            advice="Make room there, or name another folder with TMPDIR.",
        ) from error


def _temporary_root() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except OSError as error:
        raise _unwritable(Path(os.environ.get("TMPDIR", "/tmp"))) from error  # noqa: S108


def _unwritable(root: Path) -> Missing:
    return Missing(
        f"no folder for Envoy's files can be made in {root}",
        advice="Name one that you may write to with TMPDIR.",
    )


@dataclass(frozen=True, slots=True)
class Folder:
    """The files and sockets of one Envoy; all sockets have short names.

    `held`: the file that claims it while it is open (see claims.py), if one does.
    """

    root: Path
    held: IO[bytes] | None = field(default=None, compare=False)

    def need_room(self) -> None:
        """Raises Missing when nothing more can be written: Envoy itself does not say so."""
        probe = self.root / "room"
        with writing(self.root):
            try:
                probe.write_bytes(bytes(_PAGE))
            finally:
                probe.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove it, with all that is in it. Idempotent."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.release()

    def disown(self) -> None:
        """Whoever held it: it stays, for somebody to look into."""
        claims.disown(self.root)

    def release(self) -> None:
        """It is nobody's any more. Idempotent."""
        if self.held:
            self.held.close()

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

    def tap(self, side: str) -> str:
        """How the files of the tap on that side of the filters begin."""
        return str(self.root / f"tap-{side}")

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
