"""A lamp at a GPIO line, by libgpiod 2 (extra `door`), which the kernel lets go of when this process ends in whatever way."""

import importlib
from types import TracebackType
from typing import Any, Self

from device.lights.base import LightFailed

CONSUMER = "facekiosk light"


class GpioLight:
    """`Light` at a line of a chip.

    Args:
        chip: the chip's device, such as /dev/gpiochip0.
        line: number of the line on it.
        active_low: the lamp shines while the line is low.
        library: gpiod; other than the installed one in tests only.

    Raises:
        LightFailed: gpiod is not installed, or the line cannot be had.
    """

    def __init__(self, chip: str, line: int, *, active_low: bool = False, library: Any = None) -> None:  # noqa: ANN401 - untyped
        try:
            gpiod = library or importlib.import_module("gpiod")
        except ImportError as error:
            raise LightFailed("a light at a GPIO line needs the extra `door` (gpiod)") from error
        self._values, self._line = gpiod.line.Value, line
        wanted = gpiod.LineSettings(
            direction=gpiod.line.Direction.OUTPUT, output_value=self._values.INACTIVE, active_low=active_low
        )
        try:
            self._request = gpiod.request_lines(chip, consumer=CONSUMER, config={line: wanted})
        except (OSError, ValueError) as error:
            raise LightFailed(f"line {line} of {chip} cannot be had for the light: {error}") from error
        self.on = False

    def switch(self, *, on: bool) -> None:
        """Set the line."""
        try:
            self._request.set_value(self._line, self._values.ACTIVE if on else self._values.INACTIVE)
        except OSError as error:
            raise LightFailed(f"line {self._line} cannot be set: {error}") from error
        self.on = on

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self.switch(on=False)
        finally:
            self._request.release()
