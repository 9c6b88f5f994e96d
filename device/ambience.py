"""Light and rest around a visit: when the screen is dimmed, and when the face needs more light than there is."""

from dataclasses import dataclass

from api.clock import Clock
from device.board import Board
from device.feed import Feed
from device.lights.base import Light
from device.settings import LightSettings
from inference.observation import Observation

DARK_S = 0.5
"""Seconds for which a face must be too dark before it is lit: one dark frame is a shadow."""
DARK_GREY = 30.0
"""Mean grey value of a picture, 0..255, in which somebody who moves cannot be told from the wall."""
DEPTH = 8
TICK_S = 1.0


@dataclass
class Ambience:
    """The rules, observation by observation; pure."""

    rules: LightSettings
    dimmed: bool = False
    """Nobody has been there for a while."""
    lit: bool = False
    """The face in front is, or was before it was lit, too dark."""

    def __post_init__(self) -> None:
        self._busy_at: float | None = None
        self._dark_since: float | None = None
        self._face_at = -1e9

    def seen(self, observation: Observation, now: float) -> None:
        """One more observation, at `now` (boot-time seconds)."""
        if not observation.idle or self._busy_at is None:
            self._busy_at = now
        self.dimmed = now - self._busy_at > self.rules.dim_after_s
        if observation.faces:
            self._face_at = now
        if not _dark(observation):
            self._dark_since = None
        elif self._dark_since is None:
            self._dark_since = now
        if self._dark_since is not None and now - self._dark_since >= DARK_S:
            self.lit = self.rules.fill
            self._face_at = now
        elif now - self._face_at > self.rules.linger_s:
            # Not as soon as the face is bright: it is because it is lit.
            self.lit = False


def _dark(observation: Observation) -> bool:
    """Whether the face is too dark, or somebody moves where no face could be found."""
    if observation.faces:
        return observation.condition == "too_dark"
    return not observation.idle and observation.grey is not None and observation.grey < DARK_GREY


async def keep_ambience(observations: Feed[Observation], board: Board, light: Light, rules: LightSettings, clock: Clock) -> None:
    """Carry the rules out on screen and light, until cancelled. A camera that says nothing leaves the screen bright and unlit.

    A light that may fail is a `Lamp` here.
    """
    ambience = Ambience(rules)
    with observations.subscribe(DEPTH) as subscription:
        while True:
            observation = await subscription.within(TICK_S)
            if observation is None:
                ambience = Ambience(rules)
            else:
                ambience.seen(observation, clock.boot())
            board.ambient(dim=ambience.dimmed, fill=ambience.lit)
            if light.on != ambience.lit:
                light.switch(on=ambience.lit)
