"""Make the pictures of docs/operator.md and the README anew, from those of the browser's tests.

`make test-system ARGS=tests/e2e/test_kiosk_states.py`, then `python -m scripts.kiosk_pictures`.
They show the demo's rendered person and nobody else.
"""

from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("idle", "approach", "visit", "granted", "refused", "pause", "pad", "factor", "closed", "dark", "dim", "pad-upright")
WIDTH, UPRIGHT, LARGE, COLOURS = 480, 300, 960, 192


def main() -> None:
    """Shrink each picture and keep it beside the page."""
    for name in NAMES:
        keep(f"kiosk-{name}", f"kiosk-{name}", UPRIGHT if name.endswith("upright") else WIDTH)
    keep("kiosk-granted", "kiosk", LARGE)


def keep(made: str, kept: str, width: int) -> None:
    """Shrink one picture to a width."""
    with Image.open(ROOT / "build" / "reports" / f"{made}.png") as found:
        small = found.convert("RGB").resize((width, round(width * found.height / found.width)), Image.Resampling.LANCZOS)
    small.quantize(COLOURS, dither=Image.Dither.NONE).save(ROOT / "docs" / f"{kept}.png", optimize=True)


if __name__ == "__main__":
    main()
