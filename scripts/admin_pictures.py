"""Make the pictures of the admin screen in docs/operator.md anew, from those of the browser's test.

`make test-system ARGS=tests/e2e/test_admin_page.py`, then `python -m scripts.admin_pictures`.
"""

from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("roster", "next", "enrolling", "people", "links", "look", "visits", "names", "log", "health")
WIDTH, COLOURS = 960, 256
MARGIN, EDGE = 24, 16


def main() -> None:
    """Shrink each picture and keep it beside the page."""
    for name in NAMES:
        with Image.open(ROOT / "build" / "reports" / f"admin-{name}.png") as found:
            page = trimmed(found.convert("RGB"))
        small = page.resize((WIDTH, round(WIDTH * page.height / page.width)), Image.Resampling.LANCZOS)
        small.quantize(palette=palette(small), dither=Image.Dither.NONE).save(ROOT / "docs" / f"admin-{name}.png", optimize=True)


def trimmed(page: Image.Image) -> Image.Image:
    """Without what is empty below the last thing on it; the background changes by less than an edge does."""
    rows = np.abs(np.diff(np.asarray(page, dtype=np.int16), axis=1)).max(axis=(1, 2)) > EDGE
    return page.crop((0, 0, page.width, min(page.height, int(np.flatnonzero(rows)[-1]) + MARGIN)))


def palette(picture: Image.Image) -> Image.Image:
    """The picture's colours, each of which counts once, of however few pixels: a green tick is told from a grey one by them."""
    colours = picture.getcolors(picture.width * picture.height) or []
    once = Image.new("RGB", (len(colours), 1))
    once.putdata([colour for _, colour in colours])
    return once.quantize(COLOURS)


if __name__ == "__main__":
    main()
