"""From the configuration to a door: the one place that knows all drivers."""

from api.clock import Clock
from api.ports import Store
from device.door.base import Door
from device.door.simulated import SimulatedDoor
from device.settings import DoorSettings


def make_door(settings: DoorSettings, store: Store, clock: Clock) -> Door:
    """The door that the settings name; not entered yet."""
    return SimulatedDoor(store, clock, settings.grants)
