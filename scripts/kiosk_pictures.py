"""Make the pictures of docs/operator.md and the README anew, from those of the browser's tests.

`make test-system ARGS="tests/e2e/test_kiosk_replay.py tests/e2e/test_kiosk_states.py"`, then `python -m scripts.kiosk_pictures`.
They show the demo's rendered person and nobody else.
"""

import re
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
REPLAYED = {
    "starting": "starting",
    "idle": "idle",
    "approach": "approach",
    "visit": "visit",
    "turn": "turn",
    "dark": "dark",
    "dim": "dim",
    "granted": "granted",
    "refused": "refused",
    "pause": "pause",
    "pad": "pad",
    "pin-wrong": "pin-wrong",
    "locked-out": "locked-out",
    "confirm": "confirm",
    "reserved": "reserved",
    "enrolled": "enrolled",
    "public": "public",
    "closed": "failing",
    "store-failed": "store-failed",
    "offline": "offline",
}
"""Name here → the picture's, of a real kiosk on the replay camera."""

PUT_ON = ("factor", "factor-wrong", "pad-upright")
"""Of signs that a test puts on: what no replay reaches, and the page upright."""

WIDTH, UPRIGHT, LARGE, COLOURS, SWATCH = 480, 300, 960, 192, 24


def main() -> None:
    """Shrink each picture and keep it beside the page."""
    for name, made in REPLAYED.items():
        keep(f"replay-{made}", f"kiosk-{name}", WIDTH)
    for name in PUT_ON:
        keep(f"kiosk-{name}", f"kiosk-{name}", UPRIGHT if name.endswith("upright") else WIDTH)
    keep("kiosk-granted", "kiosk", LARGE)


def keep(made: str, kept: str, width: int) -> None:
    """Shrink one picture to a width and to a few colours, the page's own among them."""
    with Image.open(ROOT / "build" / "reports" / f"{made}.png") as found:
        small = found.convert("RGB").resize((width, round(width * found.height / found.width)), Image.Resampling.LANCZOS)
    _swatched(small).quantize(COLOURS, dither=Image.Dither.NONE).crop((0, 0, *small.size)).save(
        ROOT / "docs" / f"{kept}.png", optimize=True
    )


def _swatched(picture: Image.Image) -> Image.Image:
    """The picture with a strip of the page's own colours below: what says something covers little of it, and would go first."""
    own, (width, height) = _own_colours(), picture.size
    strip = Image.new("RGB", (width, height + SWATCH))
    strip.paste(picture)
    for number, colour in enumerate(own):
        left, right = width * number // len(own), width * (number + 1) // len(own)
        strip.paste(tuple(colour), (left, height, right, height + SWATCH))
    return strip


def _own_colours() -> list[bytes]:
    css = (ROOT / "api" / "static" / "kiosk" / "kiosk.css").read_text(encoding="utf-8")
    return [bytes.fromhex(colour) for colour in re.findall(r"--\w+: #([0-9a-f]{6});", css)]


if __name__ == "__main__":
    main()
