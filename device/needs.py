"""Longer times at the kiosk for people who need them, and what liveness is demanded with them. Told of a person by operators."""

from api.clock import Clock
from api.demanding import Demanding
from api.records import Person
from device.config import Config
from device.models import passive_bands
from device.settings import KioskSettings

HURRY = "hurry"
"""What a person's record says, beside what is never asked of the person, where everything may take longer."""


def times(person: Person | None, rules: KioskSettings) -> float:
    """How many times longer than for others everything lasts for this person."""
    if person is None:
        return 1.0
    unhurried = HURRY in person.accommodations or not set(person.groups).isdisjoint(rules.unhurried_groups)
    return rules.unhurried if unhurried else 1.0


def demanding(config: Config, clock: Clock) -> Demanding:
    """What liveness the device demands of whom."""
    return Demanding(config.liveness, passive_bands(config.vision), clock, lambda person: times(person, config.kiosk))
