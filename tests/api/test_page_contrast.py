"""Every text of the pages for phones and laptops stands out by 7:1 or more (WCAG 2.2, 1.4.6) from what lies behind it."""

import re
from pathlib import Path

import pytest

from api.pages import STATIC, page_files, tokens

COLOURS = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", tokens().decode()))
GROUNDS = ("night", "panel")


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", ["text", "soft", "calm"])
def test_texts_stand_out(text: str, ground: str) -> None:
    assert contrast(COLOURS[text], COLOURS[ground]) >= 7
    assert contrast(COLOURS[text], "#18223f") >= 7, "the lightest place of the background"


def test_buttons_stand_out() -> None:
    found = re.search(r"background: var\(--(\w+)\);\s+color: (#[0-9a-f]{6});", (STATIC / "shared/page.css").read_text())
    assert found is not None
    assert contrast(COLOURS[found[1]], found[2]) >= 7


@pytest.mark.parametrize("name", ["admin", "aim", "enroll", "trust"])
def test_texts_have_no_colours_but_those(name: str) -> None:
    for file, content in page_files(name).items():
        if Path(file).suffix == ".css":
            used = set(re.findall(r"(?<![-\w])color: ([^;]+);", content.decode()))
            assert used <= {"var(--text)", "var(--soft)", "var(--calm)", "#071022"}, file
