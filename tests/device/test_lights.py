"""The lamp at a GPIO line, by a double that has the interface of the pinned gpiod; and one that fails, which stops nobody."""

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from device.lights.base import Light, LightFailed
from device.lights.drivers import make_light
from device.lights.gpio import GpioLight
from device.lights.lamp import Lamp
from device.lights.simulated import SimulatedLight
from device.main import REFUSALS
from device.settings import LightSettings
from scripts import gpiod_api
from tests.device import fake_gpiod as gpiod

USE = """
from device.lights.base import LightFailed
from device.lights.gpio import GpioLight
try:
    GpioLight("/dev/gpiochip9", 17, active_low=True)
except LightFailed as error:
    print(error)
"""


@pytest.fixture
def requests() -> Iterator[list[tuple[str, dict[int, gpiod.LineSettings], str | None, gpiod.LineRequest]]]:
    yield gpiod.requests
    gpiod.requests.clear()


def test_the_double_is_as_the_pinned_package_is_recorded() -> None:
    record = json.loads(gpiod_api.RECORD.read_text(encoding="utf-8"))
    assert {"version": gpiod_api.version()} | gpiod_api.interface(gpiod) == record


@pytest.mark.system
def test_the_record_is_what_the_package_says_and_the_light_takes_it(tmp_path: Path, root: Path) -> None:
    package = gpiod_api.downloaded(tmp_path)

    def run(*words: str) -> str:
        path = {"PYTHONPATH": f"{root}:{package}"}
        return subprocess.run((sys.executable, *words), env=path, capture_output=True, text=True, check=True, timeout=50).stdout

    said = json.loads(run("-m", "scripts.gpiod_api", str(package)))
    assert {"version": gpiod_api.version()} | said == json.loads(gpiod_api.RECORD.read_text(encoding="utf-8"))
    assert "line 17 of /dev/gpiochip9 cannot be had for the light: [Errno 2]" in run("-c", USE)


def test_a_lamp_at_a_line_shines_and_is_off_at_the_end(requests: list[tuple[object, ...]]) -> None:
    with GpioLight("/dev/gpiochip0", 17, active_low=True, library=gpiod) as light:
        light.switch(on=True)
        assert light.on
    output, value = gpiod.line.Direction.OUTPUT, gpiod.line.Value
    ((chip, config, consumer, request),) = requests
    assert (chip, consumer) == ("/dev/gpiochip0", "facekiosk light")
    assert config == {17: gpiod.LineSettings(direction=output, active_low=True, output_value=value.INACTIVE)}
    assert isinstance(request, gpiod.LineRequest)
    assert (request.values, request.released) == ([value.ACTIVE, value.INACTIVE], True)
    with pytest.raises(LightFailed, match="line 17 of /dev/gpiochip9 cannot be had"):
        GpioLight("/dev/gpiochip9", 17, library=gpiod)


def test_a_lamp_that_cannot_be_had_stops_nobody_and_is_taken_once_it_is_there(caplog: pytest.LogCaptureFixture) -> None:
    chips = iter(["/dev/gpiochip9", "/dev/gpiochip9", "/dev/gpiochip0"])
    with Lamp(lambda: GpioLight(next(chips), 17, library=gpiod)) as lamp:
        lamp.switch(on=True)
        assert "gpiochip9 cannot be had" in lamp.trouble
        assert caplog.text.count("cannot be had") == 1, "told once"
        lamp.switch(on=True)
        assert lamp.trouble == ""
        assert gpiod.requests[-1][-1].values == [gpiod.line.Value.ACTIVE]
    assert gpiod.requests[-1][-1].released
    assert LightFailed not in REFUSALS


def test_a_lamp_that_fails_on_the_way_is_let_go() -> None:
    class Fails(SimulatedLight):
        def switch(self, *, on: bool) -> None:
            raise LightFailed("the line does not obey")

    lights: Iterator[Light] = iter([Fails(), SimulatedLight()])
    with Lamp(lambda: next(lights)) as lamp:
        lamp.switch(on=True)
        assert (lamp.on, lamp.trouble) == (True, "the line does not obey")
        lamp.switch(on=True)
        assert lamp.trouble == ""


def test_without_a_lamp_the_light_is_simulated() -> None:
    with Lamp(partial(make_light, LightSettings())) as lamp:
        lamp.switch(on=True)
        assert (lamp.on, lamp.trouble) == (True, "")
