"""What the enrolment page says: the same things in every language, and a word for all that the device may ask or answer."""

import re

import pytest

from api import feedback
from api.errors import CONDITIONS
from api.pages import STATIC

LANGUAGES = sorted(file.stem for file in (STATIC / "enroll").glob("??.js"))


def tables(language: str) -> dict[str, list[str]]:
    """The keys of each exported table, in order."""
    text = (STATIC / "enroll" / f"{language}.js").read_text(encoding="utf-8")
    found = re.findall(r"^export const (\w+) = \{(.*?)\};$", text, re.MULTILINE | re.DOTALL)
    return {name: re.findall(r"(?:^|[{,])\s*(\w+):", body, re.MULTILINE) for name, body in found}


def test_there_are_languages() -> None:
    assert LANGUAGES == ["de", "en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things(language: str) -> None:
    assert tables(language) == tables("en")


def test_every_condition_and_instruction_has_words() -> None:
    asked = {*feedback._FOR_CONDITION.values(), *feedback._FOR_REGION.values(), *feedback._POSES}
    assert set(tables("en")["CONDITIONS"]) == set(CONDITIONS)
    assert {*asked, "blink", "close_eyes", "hold_still"} <= set(tables("en")["INSTRUCTIONS"])
