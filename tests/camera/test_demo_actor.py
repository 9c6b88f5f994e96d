import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.sources.demo_actor import CLOSER, FURTHER, REACTION_S, TURN_DEG, Actor, Closure, Spring

FPS = 24


def play(actor, until, asked=None):
    """Frames of an actor up to `until` seconds: (time, yaw, size, closure, blinks); `asked` maps seconds to instructions."""
    frames = []
    for index in range(int(until * FPS)):
        now = index / FPS
        actor.step(now)
        for when, instruction in list((asked or {}).items()):
            if now >= when:
                actor.ask(instruction)
                del asked[when]
        frames.append((now, actor.yaw.value, actor.size.value, actor.closure(), actor.blinked()))
    return np.array(frames)


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0.001, 1.0))
def test_a_spring_does_not_depend_on_the_frame_rate(start, goal, seconds):
    whole, halves = Spring(start), Spring(start)
    whole.step(goal, seconds)
    for _ in range(2):
        halves.step(goal, seconds / 2)
    assert halves.value == pytest.approx(whole.value, abs=1e-6)
    assert halves.speed == pytest.approx(whole.speed, abs=1e-6)


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_a_spring_arrives(start, goal):
    spring = Spring(start)
    for _ in range(30):
        spring.step(goal, 0.1)
    assert spring.value == pytest.approx(goal, abs=1e-3)


@given(st.floats(0, 10), st.floats(0, 2), st.floats(-1, 15))
def test_eyes_close_and_open_again(start, held, moment):
    closure = Closure(start, held)
    assert 0 <= closure.at(moment) <= 1
    assert closure.at(start + 0.08 + held / 2) == pytest.approx(1, abs=1e-6)
    assert closure.at(closure.end + 0.001) == 0


def test_of_its_own_accord_it_blinks_and_counts():
    frames = play(Actor(seed=1, blinks=[1.0, 3.0]), 4)
    closed = frames[:, 3] > 0.5
    assert np.flatnonzero(np.diff(closed.astype(int)) == 1).size == 2
    assert frames[int(0.9 * FPS), 4] == 0
    assert frames[int(2 * FPS), 4] == 1
    assert frames[-1, 4] == 2


@pytest.mark.parametrize(("instruction", "goal"), [("turn_left", TURN_DEG), ("turn_right", -TURN_DEG)])
def test_it_turns_after_a_reaction_time_and_turns_back(instruction, goal):
    frames = play(Actor(seed=1, blinks=[]), 6, {1.0: instruction})
    time, yaw = frames[:, 0], frames[:, 1] * np.sign(goal)
    assert np.abs(yaw[time < 1.0 + REACTION_S]).max() == 0
    assert yaw.max() > 0.97 * TURN_DEG
    assert yaw.min() >= -0.01
    assert yaw[-1] < 0.1


@pytest.mark.parametrize(("instruction", "size"), [("move_closer", CLOSER), ("move_back", FURTHER)])
def test_it_comes_and_goes_and_looks_straight_again(instruction, size):
    frames = play(Actor(seed=1, blinks=[]), 6, {1.0: instruction, 3.0: "look_straight"})
    time = frames[:, 0]
    assert frames[time < 1.0 + REACTION_S, 2] == pytest.approx(1)
    assert frames[int(2.9 * FPS), 2] == pytest.approx(size, abs=0.01)
    assert frames[-1, 2] == pytest.approx(1, abs=0.01)


def test_looking_straight_ends_a_turn():
    turned = play(Actor(seed=1, blinks=[]), 2.4, {0.0: "turn_left"})
    told = play(Actor(seed=1, blinks=[]), 2.4, {0.0: "turn_left", 0.6: "look_straight"})
    assert told[int(1.7 * FPS), 1] < turned[int(1.7 * FPS), 1] / 3


def test_closing_the_eyes_lasts_and_replaces_blinks():
    frames = play(Actor(seed=1, blinks=[1.6, 5.0]), 6, {1.0: "close_eyes"})
    shut = frames[frames[:, 3] > 0.5, 0]
    assert shut[0] == pytest.approx(1.0 + REACTION_S, abs=0.15)
    assert shut[shut < 4][-1] - shut[0] > 1.4
    assert frames[-1, 4] == 2


def test_the_eyes_open_when_that_is_enough_and_to_look_straight_is_heard_anew_after_each_instruction():
    actor = Actor(seed=1, blinks=[])
    seen = []
    for index in range(4 * FPS):
        now = index / FPS
        actor.step(now)
        actor.ask("close_eyes" if 0.5 <= now < 1.5 else "look_straight")
        seen.append((now, actor.closure()))
    shut = [now for now, closure in seen if closure > 0.5]
    assert shut[0] == pytest.approx(0.5 + REACTION_S, abs=0.15)
    assert shut[-1] == pytest.approx(1.5 + REACTION_S, abs=0.15)


def test_an_instruction_repeated_with_every_frame_is_obeyed_once_at_a_time():
    actor = Actor(seed=1, blinks=[])
    for index in range(3 * FPS):
        actor.step(index / FPS)
        actor.ask("blink")
    assert actor.blinked() == 1
    assert len(actor.closures) == 2


def test_holding_still_is_stiller():
    def spread(asked):
        actor = Actor(seed=3, blinks=[])
        places = []
        for index in range(int(2.4 * FPS)):
            actor.step(index / FPS)
            if index == 0 and asked:
                actor.ask("hold_still")
            places.append(actor.sway(0, 1.0))
        return np.std(places[FPS:])

    assert spread(asked=True) < spread(asked=False) / 3


@given(st.text(max_size=20))
def test_what_it_does_not_understand_changes_nothing(instruction):
    known = ("blink", "close_eyes", "turn_left", "turn_right", "move_closer", "move_back", "look_straight", "hold_still")
    if instruction in known:
        return
    told, left = Actor(seed=1, blinks=[0.5]), Actor(seed=1, blinks=[0.5])
    assert np.array_equal(play(told, 2, {0.0: instruction}), play(left, 2))
