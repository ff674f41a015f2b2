"""Pages in a real browser: readable in light and dark, wide and narrow."""

import re
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
from tests.cards import doubtful_card, full_card
from tests.conftest import tool
from tests.rehearsed import BAD

from tamis.report.page import page
from tamis.report.page_rehearse import rehearse_page

pytestmark = pytest.mark.judge

LIGHT, DARK = 1, 0  # of Blink's preferredColorScheme


@pytest.fixture
def browser(tmp_path: Path):
    """Runs Chromium on the page with a full card, and gives what it prints."""
    file = tmp_path / "card.html"
    file.write_text(page([full_card()]))

    def run(*options: str, html: str | None = None) -> str:
        if html is not None:
            file.write_text(html)
        command = [
            tool("chromium"),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={tmp_path / 'profile'}",
            *options,
            file.as_uri(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        return done.stdout

    return run


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, bytes a pixel, and rows of a PNG with 8 bits a channel that is not interlaced."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, data, head = 8, b"", ()
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        head = struct.unpack(">IIBBBBB", body) if kind == b"IHDR" else head
        data += body if kind == b"IDAT" else b""
        at += 12 + size
    width, height, depth, color, _, _, interlaced = head
    assert (depth, interlaced) == (8, 0)
    step = {2: 3, 6: 4}[color]
    raw, rows, above = zlib.decompress(data), [], bytes(width * step)
    for y in range(height):
        start = y * (width * step + 1)
        above = unfiltered(
            raw[start], bytearray(raw[start + 1 : start + 1 + width * step]), above, step
        )
        rows.append(above)
    return width, step, rows


def unfiltered(kind: int, row: bytearray, above: bytes, step: int) -> bytes:
    """A row as it was before its filter (PNG, section 9)."""
    for x in range(len(row)):
        left = row[x - step] if x >= step else 0
        corner = above[x - step] if x >= step else 0
        add = (0, left, above[x], (left + above[x]) // 2, nearest(left, above[x], corner))[kind]
        row[x] = (row[x] + add) & 255
    return bytes(row)


def nearest(a: int, b: int, c: int) -> int:
    """Paeth's predictor."""
    guess = a + b - c
    return min((a, b, c), key=lambda each: abs(guess - each))


def colors(browser, tmp_path: Path, scheme: int, width: int) -> set[tuple[int, ...]]:
    """Every colour in a picture of the page's top."""
    shot = tmp_path / f"{scheme}-{width}.png"
    browser(
        f"--blink-settings=preferredColorScheme={scheme}",
        f"--window-size={width},900",
        f"--screenshot={shot}",
    )
    _, step, rows = pixels(shot.read_bytes())
    return {tuple(row[x : x + 3]) for row in rows for x in range(0, len(row), step)}


def hexed(text: str) -> tuple[int, ...]:
    text = text if len(text) == 6 else "".join(each * 2 for each in text)
    return tuple(bytes.fromhex(text))


def scheme(number: int) -> dict[str, tuple[int, ...]]:
    """The page's own colours by name."""
    parts = page([full_card()]).split("@media (prefers-color-scheme:dark)")
    text = parts[0] if number == LIGHT else parts[1].split("*{")[0]
    found = re.findall(r"--(\w+):#([0-9a-f]+)", text)
    return {name: hexed(value) for name, value in found}


def luminance(color: tuple[int, ...]) -> float:
    """Relative luminance (WCAG 2)."""
    parts = [each / 255 for each in color]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("number", [LIGHT, DARK])
def test_it_is_painted_in_the_colours_of_its_scheme(number, browser, tmp_path):
    wanted = scheme(number)
    seen = colors(browser, tmp_path, number, 1200)
    assert {wanted["back"], *(wanted[f"c{at}"] for at in range(8))} <= seen
    assert scheme(LIGHT + DARK - number)["back"] not in seen


@pytest.mark.parametrize("number", [LIGHT, DARK])
def test_text_stands_out_and_so_do_bars(number):
    wanted = scheme(number)
    assert all(
        contrast(wanted[name], wanted["back"]) >= 4.5 for name in ("text", "quiet", "ok", "no")
    )
    assert all(contrast(wanted[f"c{at}"], wanted["back"]) >= 3 for at in range(8))


MEASURE = """<script>
const out = [], wide = document.documentElement.clientWidth;
for (const each of document.querySelectorAll("svg text, h1, h2, p, li")) {
  const box = each.getBoundingClientRect();
  if (box.right > wide + 1 || box.left < -1) out.push(each.textContent);
}
const small = [...document.querySelectorAll("svg text")]
  .filter(each => parseFloat(getComputedStyle(each).fontSize) < 11 || each.getBBox().height < 9);
document.title = JSON.stringify([wide, document.documentElement.scrollWidth, out, small.length]);
</script>"""


#: All pages that there are.
PAGES = pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: page([full_card()]), id="full-card"),
        pytest.param(lambda: page([doubtful_card()]), id="doubtful-card"),
        pytest.param(lambda: rehearse_page(BAD), id="rehearsal"),
    ],
)


@PAGES
@pytest.mark.parametrize("width", [1200, 600])
def test_nothing_is_cut_off_and_no_text_is_too_small(width, made, browser):
    html = made().replace("</body>", f"{MEASURE}</body>")
    dom = browser(f"--window-size={width},900", "--dump-dom", html=html)
    told = re.search(r"<title>(.*?)</title>", dom)
    assert told
    assert told[1].endswith(",[],0]"), told[1]
    seen, needed = map(int, told[1].strip("[").split(",")[:2])
    assert needed <= seen


@PAGES
def test_a_phone_sees_it_whole(made, browser):
    """Chromium's windows are 500 wide at least: a frame is as narrow as a phone."""
    inner = made().replace("</body>", f"{MEASURE}</body>")
    escaped = inner.replace("&", "&amp;").replace('"', "&quot;")
    frame = f'<title></title><iframe width=390 height=900 srcdoc="{escaped}"></iframe>'
    copy = "<script>onload = () => document.title = frames[0].document.title</script>"
    dom = browser("--window-size=600,1000", "--dump-dom", html=f"<!doctype html>{frame}{copy}")
    told = re.search(r"<title>(.*?)</title>", dom)
    assert told
    assert told[1].startswith("[390,390,")
    assert told[1].endswith(",[],0]"), told[1]
