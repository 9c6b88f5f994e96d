"""The part of gpiod 2 that the light uses, with its names and parameters; a chip of number 9 is not there."""

from dataclasses import dataclass
from enum import Enum


class line:  # noqa: N801 - a module there
    class Value(Enum):
        INACTIVE = 0
        ACTIVE = 1

    class Direction(Enum):
        AS_IS = 1
        INPUT = 2
        OUTPUT = 3


@dataclass
class LineSettings:
    direction: line.Direction = line.Direction.AS_IS
    edge_detection: object = None
    bias: object = None
    drive: object = None
    active_low: bool = False
    debounce_period: object = None
    event_clock: object = None
    output_value: line.Value = line.Value.INACTIVE


class LineRequest:
    def __init__(self) -> None:
        self.values: list[line.Value] = []
        self.released = False

    def set_value(self, line: int | str, value: line.Value) -> None:
        self.values.append(value)

    def release(self) -> None:
        self.released = True


requests: list[tuple[str, dict[int, LineSettings], str | None, LineRequest]] = []
"""What was asked for, and what was given."""


def request_lines(
    path: str,
    config: dict[int, LineSettings],
    consumer: str | None = None,
    event_buffer_size: int | None = None,
    output_values: dict[int, line.Value] | None = None,
) -> LineRequest:
    if path == "/dev/gpiochip9":
        raise FileNotFoundError(2, "No such file or directory")
    requests.append((path, config, consumer, LineRequest()))
    return requests[-1][-1]
