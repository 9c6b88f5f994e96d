"""The measurement of the cues: sheets are seen as a pinhole camera sees them, and scripts turn as far as they say."""

import numpy as np
import pytest

from bench.cues.motion import Pose, Script, scripts
from bench.cues.pictures import Held, Sheet
from bench.cues.watching import Watched, thinned

EYES = np.array([(80.0, 100.0), (120.0, 100.0)], np.float32)
AHEAD = Pose(0, 0, 0, 0, 0, 1)


def spot(held, pose, at):
    """Where a white spot that is printed at a place stands in the frame."""
    photo = np.zeros((200, 200, 3), np.uint8)
    photo[at[1] - 2 : at[1] + 3, at[0] - 2 : at[0] + 3] = 255
    drawn = Sheet(photo, EYES).draw(held, pose, 640, 480)[:, :, :3].sum(axis=2).astype(float)
    # The paper's white border is as bright: look at what differs from the sheet without the spot.
    bare = Sheet(np.zeros_like(photo), EYES).draw(held, pose, 640, 480)[:, :, :3].sum(axis=2).astype(float)
    rows, columns = np.nonzero(drawn - bare > 300)
    return columns.mean(), rows.mean()


@pytest.mark.parametrize("bend", [0.0, 0.01])
def test_a_sheet_that_faces_the_camera_is_scaled_and_no_more(bend):
    x, y = spot(Held(80, 600, bend), AHEAD, (140, 120))
    assert (x, y) == (pytest.approx(320 + 80, abs=1.5), pytest.approx(216 + 40, abs=1.5))


def test_a_turned_sheet_is_foreshortened_as_a_plane():
    turn = np.radians(30)
    # 40 paper pixels right of the middle at a distance of 300: x cos / (distance + x sin) by the focal length.
    for side in (1, -1):
        x, _ = spot(Held(80, 600), Pose(30 * side, 0, 0, 0, 0, 1), (140, 100))
        expected = 320 + 600 * 40 * np.cos(turn) / (300 - side * 40 * np.sin(turn))
        assert x == pytest.approx(expected, abs=1.5)


def test_a_bent_sheet_is_narrower():
    flat, _ = spot(Held(80, 600), AHEAD, (180, 100))
    assert all(spot(Held(80, 600, bend), AHEAD, (180, 100))[0] < flat - 3 for bend in (0.4,))


def test_scripts_go_to_both_sides_and_come_back():
    made = scripts(12, (18, 35), 1)
    assert {np.sign(script.yaw) for script in made} == {1, -1}
    for script in made:
        yaws = [script.at(time).yaw for time in script.times]
        assert max(np.abs(yaws)) == pytest.approx(abs(script.yaw), abs=1)
        assert abs(yaws[0]) < 3
        assert abs(yaws[-1]) < 3


def test_a_script_is_the_same_again():
    assert Script(20, 0.5, 15, 3).at(1.0) == Script(20, 0.5, 15, 3).at(1.0)


def test_thinned_out_frames_keep_their_rate():
    frames = [Watched(number / 30, None, None, None, None) for number in range(90)]
    assert len(thinned(frames, 10)) == 30
    assert thinned(frames, 10, 0.05)[0].time == pytest.approx(0.05, abs=0.02)
