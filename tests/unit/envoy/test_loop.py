"""The thread that serves every end of the wire."""

import gc
import socket
import warnings
from pathlib import Path

import pytest

from tamis.envoy.wire.loop import Loop


class Gone(Exception):
    """What whoever watches Envoy says when it has ended."""


def test_who_reaches_nobody_leaves_no_socket_open(tmp_path: Path) -> None:
    def idle() -> bool:
        raise Gone

    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as nobody, warnings.catch_warnings(record=True) as warned:
        nobody.bind(str(path))  # and does not listen
        warnings.simplefilter("always")
        loop = Loop(idle, 1.0)
        with pytest.raises(Gone):
            loop.connect(path)
        loop.close()
        gc.collect()
    assert [str(each.message) for each in warned] == []
