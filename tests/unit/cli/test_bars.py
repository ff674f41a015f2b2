"""What a terminal shows of a transfer."""

import io
import threading

from rich.console import Console

from tamis.cli.bars import bars
from tamis.cli.frame import Frame
from tamis.model.transfer import Progress


def test_each_blob_has_a_bar_that_goes_on_and_back() -> None:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=80)
    names = [f"sha256:{letter * 64}" for letter in "ab"]
    with bars(console) as told:
        threads = [
            threading.Thread(
                target=lambda name=name: [told(Progress(name, n, 4000)) for n in (0, 4000, 2000)]
            )
            for name in names
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    text = shown.getvalue()
    assert "a" * 12 in text
    assert "b" * 12 in text
    assert "a" * 13 not in text
    assert "2.0/4.0 kB" in text


def test_no_terminal_no_bars() -> None:
    with Frame("push").transfer() as told:
        told(Progress("x", 1, 2))
