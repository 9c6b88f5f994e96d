"""The admin screen's words: the same in every language, none missing, and nothing that the page takes from elsewhere."""

import re

import pytest

from api.pages import STATIC

PAGE = STATIC / "admin"


def keys(language: str, block: str) -> set[str]:
    found = re.search(rf"export const {block} = \{{(.*?)^\}};", (PAGE / f"{language}.js").read_text(), re.MULTILINE | re.DOTALL)
    assert found
    outside = re.sub(r"`(?:\\.|[^`])*`|\"(?:\\.|[^\"])*\"", "''", found[1])
    return set(re.findall(r"(?:^|[,{\s])(\w+): (?=''|\()", outside))


@pytest.mark.parametrize("block", ["TEXT", "CODES"])
def test_languages_say_the_same_things(block: str) -> None:
    assert len(keys("en", block)) > 60
    assert keys("en", block) == keys("de", block)


def test_every_word_that_a_view_says_is_there() -> None:
    said = {word for file in PAGE.glob("*.js") for word in re.findall(r"\bsay\(\"(\w+)\"", file.read_text())}
    assert said - keys("en", "TEXT") == set()
    assert {"duplicate_person", "liveness_failed", "session_expired", "too_many_attempts", "test_failed"} <= keys("en", "CODES")


def test_the_page_takes_nothing_from_the_network() -> None:
    for file in PAGE.iterdir():
        named = re.findall(r"""["'`(](?:https?:)?//[^"'`)]+""", file.read_text())
        assert [name for name in named if "www.w3.org" not in name] == [], file.name
