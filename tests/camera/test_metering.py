from hypothesis import given, settings
from hypothesis import strategies as st

from camera.controls import Area
from camera.metering import FORGET_S, PERIOD_S, Metering
from camera.sources.upright import on_sensor


@settings(max_examples=40)
@given(stops=st.floats(-1.5, 1.5))
def test_a_face_comes_to_be_well_exposed_and_stays(stops):
    """A camera whose face is off by so many stops, and answers to the compensation."""
    metering, asked = Metering(), []
    for step in range(40):
        grey = 115.0 * 2 ** ((stops + metering.compensation) / 2.2)
        if (change := metering.seen(min(grey, 255.0), step * PERIOD_S)) is not None:
            asked.append(change)
    assert abs(metering.compensation + stops) < 0.4
    assert len(asked) <= 5


def test_it_neither_hurries_nor_exceeds_and_forgets():
    metering = Metering(lowest=-1.0, highest=1.0)
    assert metering.seen(20, 0.0) == 0.5
    assert metering.seen(20, PERIOD_S / 2) is None
    assert metering.seen(20, PERIOD_S) == 1.0
    assert metering.seen(20, 1.0) is None
    assert metering.seen(None, 1.0 + FORGET_S - 0.1) is None
    assert metering.seen(None, 1.0 + FORGET_S + 0.1) == 0.0


def test_areas_are_found_on_a_turned_sensor():
    area = Area(0.1, 0.2, 0.3, 0.4)
    assert on_sensor(area, 0) == area
    corners = {(90, False): (0.2, 0.6), (180, False): (0.6, 0.4), (270, False): (0.4, 0.1), (0, True): (0.6, 0.2)}
    for (rotate, mirror), corner in corners.items():
        found = on_sensor(area, rotate, mirror=mirror)
        assert (round(found.x, 6), round(found.y, 6)) == corner
        assert (found.width, found.height) == ((0.4, 0.3) if rotate % 180 else (0.3, 0.4))
