"""The settings of the kiosk's screen, frozen, a sentence each, what the page is told of them, and the languages it has."""

import re
from pathlib import Path
from typing import Annotated

import msgspec
from pydantic import BaseModel, ConfigDict, Field

import api

PAGE = Path(api.__file__).parent / "static" / "kiosk"
"""Folder of the page's files."""

_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class ScreenSettings(BaseModel):
    """What the kiosk's page speaks, and how loud."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: Annotated[
        str,
        Field(description="Language that the screen begins with: `en`, `de`, or one that was added.", pattern=r"^[a-z]{2,3}$"),
    ] = "en"
    volume: Annotated[float, Field(description="How loud tones and speech are by day; 0: silent.", ge=0, le=1)] = 0.6
    night_volume: Annotated[float, Field(description="How loud they are by night.", ge=0, le=1)] = 0.2
    night_from: Annotated[str, Field(description="When the night begins, by the device's own time.", pattern=_TIME)] = "22:00"
    night_to: Annotated[str, Field(description="When the night ends.", pattern=_TIME)] = "06:00"


class ScreenNotice(msgspec.Struct, frozen=True):
    """The same, as the page is told."""

    language: str = "en"
    volume: float = 0.6
    night_volume: float = 0.2
    night_from: str = "22:00"
    night_to: str = "06:00"

    @classmethod
    def of(cls, settings: ScreenSettings) -> "ScreenNotice":
        """What the page is told of the settings."""
        return cls(**settings.model_dump())


def languages(page: Path = PAGE) -> list[str]:
    """The codes of the languages that the page has: those of its files `lang.CODE.js`."""
    named = (re.fullmatch(r"lang\.([a-z-]+)\.js", file.name) for file in page.iterdir())
    return sorted(found[1] for found in named if found is not None)
