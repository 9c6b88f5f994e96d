"""What the device's parts see of whoever keeps a vision instance running: a supervisor of children, or systemd's units."""

import asyncio
from typing import Protocol

from device.supervisor import Condition


class Keeper(Protocol):
    """Keeps one vision instance running while `run` runs."""

    condition: Condition
    """How the instance is."""
    down: asyncio.Event
    """Set while it has failed: until it is ready again, or for good."""
    recycled: int
    """Times it was stopped, and started again, because it had grown too large."""

    @property
    def back_in_s(self) -> int:
        """Whole seconds after which an instance that is down may be ready again."""

    async def run(self) -> None:
        """Keep it running until its source is over, or this is cancelled, which ends it.

        Raises:
            VisionRefused: it cannot work as it is configured.
        """
