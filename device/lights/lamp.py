"""The light as the device keeps it: one that may fail, and is tried again, while everything else goes on."""

import contextlib
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Self

from device.lights.base import Light, LightFailed

log = logging.getLogger(__name__)


class Lamp:
    """A `Light` whose failure is told and stops nobody; a light that failed is made anew when it is wanted again.

    Args:
        make: makes the light; raises `LightFailed` where it cannot be had.
    """

    def __init__(self, make: Callable[[], Light]) -> None:
        self._make = make
        self._light: Light | None = None
        self.on = False
        self.trouble = ""
        """What is wrong with it, in words; empty: nothing."""
        self.switch(on=False)

    def switch(self, *, on: bool) -> None:
        """Switch it where it can be had; never raises."""
        self.on, was = on, self.trouble
        try:
            self._light = self._light or self._make()
            if self._light.on != on:
                self._light.switch(on=on)
            self.trouble = ""
        except LightFailed as error:
            self._let_go()
            self.trouble = str(error)
        if self.trouble and self.trouble != was:
            log.error("the light: %s", self.trouble)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._let_go()

    def _let_go(self) -> None:
        light, self._light = self._light, None
        if light is not None:
            with contextlib.suppress(LightFailed):
                light.__exit__(None, None, None)
