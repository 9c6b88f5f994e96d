import numpy as np
import pytest

from inference.attention import LOOK_S, Attention, MotionGate

FPS = 8


def room(number, light=1.0, noise=4.0):
    """An empty room with a bright window, seen by a noisy sensor."""
    picture = np.full((240, 320, 3), 90.0)
    picture[20:100, 200:280] = 190
    grain = np.random.default_rng(number).normal(0, noise, picture.shape)
    return np.clip(picture * light + grain, 0, 255).astype(np.uint8)


def somebody(number, place, size=24):
    picture = room(number)
    picture[100 : 100 + size * 4 // 3, place : place + size] = 150
    return picture


def test_a_still_room_does_not_move_whatever_its_noise():
    gate = MotionGate()
    assert not any(gate.moves(room(number, noise=12.0)) for number in range(100))


def test_somebody_far_away_moves_at_once():
    gate = MotionGate()
    for number in range(20):
        gate.moves(room(number))
    assert gate.moves(somebody(21, 60))


def test_in_the_dark_less_is_motion():
    gate = MotionGate()
    for number in range(20):
        assert not gate.moves(room(number, 0.12, noise=6.0))
    dark = room(21, 0.12, noise=6.0)
    dark[60:180, 80:200] += 6
    assert gate.moves(dark)
    assert gate.grey < 20


@pytest.mark.parametrize("light", [0.75, 1.3])
def test_a_lamp_or_the_cameras_own_exposure_is_no_motion(light):
    gate = MotionGate()
    for number in range(20):
        gate.moves(room(number))
    # The window saturates and does not follow; it is small.
    assert sum(gate.moves(room(number, 1 + (light - 1) * min(1, (number - 20) / 10))) for number in range(21, 60)) <= 10


def test_a_picture_of_another_size_or_of_none_is_survived():
    gate = MotionGate()
    gate.moves(room(1))
    assert not gate.moves(np.zeros((0, 0, 3), np.uint8))
    assert not gate.moves(np.zeros((1, 1, 3), np.uint8))
    gate.moves(room(2))


def doze(attention, seconds, start=0.0):
    """An empty room for so long: how many frames were worth it."""
    worth = 0
    for number in range(round(seconds * FPS)):
        time = start + number / FPS
        if attention.worth(room(number), time):
            worth += 1
            attention.saw(time, faces=False)
    return worth


def test_nobody_there_is_looked_for_twice_a_second():
    attention = Attention(5.0)
    assert doze(attention, 5.0) == 40
    assert not attention.idle
    assert doze(attention, 10.0, 5.0) <= 10.0 / LOOK_S + 2
    assert attention.idle


def test_motion_wakes_it_with_that_very_frame():
    attention = Attention(5.0)
    doze(attention, 8.0)
    assert attention.idle
    assert attention.worth(somebody(99, 100), 8.0)
    assert not attention.idle
    assert attention.worth(somebody(100, 100), 8.0 + 1 / FPS)


def test_a_face_that_came_without_motion_wakes_it_in_the_next_look():
    attention = Attention(5.0)
    doze(attention, 8.0)
    times = [time for time in np.arange(8.0, 9.0, 1 / FPS) if attention.worth(room(int(time * FPS)), time)]
    assert times[0] <= 8.0 + LOOK_S
    attention.saw(times[0], faces=True)
    assert not attention.idle


def test_while_a_face_is_there_it_stays_awake_and_zero_means_never():
    attention, never = Attention(1.0), Attention(0.0)
    for number in range(100):
        assert attention.worth(room(number), number / FPS)
        attention.saw(number / FPS, faces=True)
        assert never.worth(room(number), number / FPS)
        never.saw(number / FPS, faces=False)
    assert not attention.idle
    assert not never.idle
