"""When faces may be embedded at a door on a public frontage: after a touch, a card or a PIN, or on the mark. Pure.

Until then vision computes no embedding at all, so that nobody who merely passes by is turned into a template. A visit that has
begun goes on to its end.
"""

from dataclasses import dataclass, replace

from device.settings import KioskSettings
from inference.observation import Observation


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether faces may be embedded. Times are boot-time seconds."""

    asked_until: float = 0.0
    """Until when a touch, a card or a PIN counts."""
    mark_since: float | None = None
    """Since when one and the same face has stood on the mark."""
    track: int = 0
    """Whose face that is."""

    def asked(self, now: float, rules: KioskSettings) -> "Gate":
        """Somebody touched the screen, showed a card or typed."""
        return replace(self, asked_until=now + rules.tap_s * rules.patience)

    def seen(self, observation: Observation, now: float, rules: KioskSettings) -> "Gate":
        """After a frame: who steps onto the mark begins to count, who leaves it ends."""
        on_mark = observation.track != 0 and observation.eye_distance >= rules.mark_eye_distance
        if not on_mark:
            return replace(self, mark_since=None, track=0)
        if observation.track != self.track:
            return replace(self, mark_since=now, track=observation.track)
        return self

    def open(self, now: float, rules: KioskSettings, *, visiting: bool) -> bool:
        """Whether faces may be embedded now; at a staff door they always may."""
        if rules.frontage == "staff" or visiting or now < self.asked_until:
            return True
        return self.mark_since is not None and now - self.mark_since >= rules.mark_s
