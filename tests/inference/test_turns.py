"""Head turns: when one is told, and that a turned picture is told from a turned head."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from bench.cues.motion import Script
from bench.cues.pictures import Held, Sheet
from camera.sources.demo_portraits import load
from camera.sources.demo_render import Renderer
from camera.sources.demo_stage import Stage
from inference.landmarks import MediaPipeMesher
from inference.liveness import planarity
from inference.liveness.corners import CornerTrack
from inference.liveness.turns import TurnDetector
from inference.mesh import eye_centres
from inference.patch import Patch, cut
from inference.pose import head_pose

FPS = 15


@pytest.fixture(scope="module")
def patch(portrait, portrait_mesh):
    return cut(portrait, portrait_mesh)


def shown(patch, yaws, fps=FPS, start=0.0, detector=None):
    """The detector, and at which of these yaws, one a frame, it told a turn."""
    detector = detector or TurnDetector()
    told = [index for index, yaw in enumerate(yaws) if detector.update(start + index / fps, yaw, patch)]
    return detector, told


AHEAD, OUT = [0.0] * 5, [5.0, 10.0, 15.0, 20.0, 25.0]


def test_a_turn_is_told_when_the_head_stops(patch):
    detector, told = shown(patch, [*AHEAD, *OUT, *[25.0] * 10])
    (turn,) = detector.turns
    assert turn.yaw == 25
    assert turn.at == pytest.approx(9 / FPS)
    assert told == [14]


def test_a_turn_is_told_when_the_head_comes_back_and_only_once(patch):
    detector, told = shown(patch, [*AHEAD, *OUT, *OUT[::-1], *AHEAD])
    assert told == [11]
    assert len(detector.turns) == 1


@pytest.mark.parametrize("side", [1, -1])
def test_both_sides_are_told_apart(patch, side):
    detector, _ = shown(patch, [side * yaw for yaw in (*AHEAD, *OUT, *OUT[::-1], *AHEAD)])
    assert [turn.yaw for turn in detector.turns] == [25 * side]


def test_left_and_then_right_are_two(patch):
    there = [*AHEAD, *OUT, *OUT[::-1]]
    detector, _ = shown(patch, [*there, *(-yaw for yaw in there), *AHEAD])
    assert [turn.yaw for turn in detector.turns] == [25, -25]


@pytest.mark.parametrize(
    "yaws",
    [
        [*AHEAD, 5, 10, 15, 17, 17, 17, 17, 17, 17, 17, 5, 0],
        [25.0] * 20,
        [*[12.0] * 10, *[25.0] * 20],
        [*[9.0] * 40, *[20.0] * 20],
    ],
    ids=["not far enough", "turned from the start", "never ahead", "hardly turned"],
)
def test_no_turn(patch, yaws):
    assert shown(patch, yaws)[0].turns == ()


def test_what_lay_in_a_gap_is_unknown(patch):
    detector, _ = shown(patch, AHEAD)
    shown(patch, [25.0] * 20, start=2.0, detector=detector)
    assert detector.turns == ()


def test_a_short_gap_loses_the_corners(patch):
    detector, _ = shown(patch, [*AHEAD, 5, 10, 15])
    shown(patch, [25.0] * 20, start=0.9, detector=detector)
    (turn,) = detector.turns
    assert (turn.corners, turn.outliers, turn.solid) == (None, None, None)


def test_frames_out_of_order_are_left_out(patch):
    detector, _ = shown(patch, AHEAD)
    shown(patch, [25.0] * 20, start=-10.0, detector=detector)
    assert detector.turns == ()


def test_only_the_newest_turns_are_kept(patch):
    detector, told = shown(patch, [*AHEAD, *OUT, *OUT[::-1]] * 10)
    assert len(told) == 10
    assert len(detector.turns) == 8


def test_a_face_that_never_changes_is_not_solid_however_it_is_said_to_turn(patch):
    (turn,) = shown(patch, [*AHEAD, *OUT, *OUT[::-1]])[0].turns
    assert turn.solid is False
    assert (turn.mesh, turn.nose) == (pytest.approx(0, abs=1e-3), 0)


def test_a_blank_patch_has_no_corners_and_proves_nothing(patch):
    blank = Patch(np.full_like(patch.grey, 128), patch.points)
    (turn,) = shown(blank, [*AHEAD, *OUT, *OUT[::-1]])[0].turns
    assert turn.solid is None


def watched(frames, finder):
    """What the frames' face shows, by its own mesh: the detector, patches, and the most yaw."""
    mesher, mesh, detector, most, patches = MediaPipeMesher(tracking=True), None, TurnDetector(), 0.0, []
    for time, image in frames:
        mesh = mesher.follow(image) if mesh is not None else mesher.start(image, finder.find(image)[0])
        if mesh is not None and (pose := head_pose(mesh, image.shape[1], image.shape[0])):
            most = max(most, abs(pose.yaw))
            patches.append(cut(image, mesh))
            detector.update(time, pose.yaw, patches[-1])
    mesher.close()
    return detector, patches, most


def person(script, subject="grace"):
    renderer = Renderer(640, 480, 1)
    usual = renderer.usual(subject)
    for time in script.times:
        pose = script.at(time)
        stance = replace(usual, x=usual.x + pose.x, yaw=pose.yaw, pitch=usual.pitch + pose.pitch, roll=pose.roll)
        yield time, renderer.person(subject, stance, 0.0, 0.5)


def picture(script, bend=0.0):
    portrait, stage = load("grace"), Stage(640, 480, 1)
    sheet, held = Sheet(portrait.image, eye_centres(portrait.points)), Held(70, 620, bend)
    for time in script.times:
        yield time, stage.frame(sheet.draw(held, script.at(time), 640, 480))


@pytest.mark.parametrize("yaw", [29, -29])
def test_a_head_is_solid(finder, yaw):
    detector, _, _ = watched(person(Script(yaw, 0.5, FPS, 1)), finder)
    (turn,) = detector.turns
    assert turn.yaw * yaw > 0
    assert turn.solid is True


@pytest.mark.parametrize("bend", [0, 0.3])
def test_a_turned_picture_is_not(finder, bend):
    script = Script(35, 0.5, FPS, 1)
    detector, patches, most = watched(picture(script, bend), finder)
    assert not any(turn.solid for turn in detector.turns)
    # Whatever its yaw is taken for: corners and mesh tell that it has next to no depth.
    track = CornerTrack(patches[5])
    out = patches[6 : int((0.7 + 0.5 + 0.25) * FPS)]
    for patch in out:
        track.follow(patch)
    assert planarity.solid(planarity.measure(patches[5].points, out[-1].points, track.pairs())) is False
    assert most < 30


def test_a_frontal_photo_slid_sideways_does_not_turn(finder):
    portrait, stage = load("grace"), Stage(640, 480, 1)
    small = cv2.resize(portrait.image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)

    def slid():
        for step in range(30):
            frame, left = stage.frame(None), 20 + 10 * step
            frame[60 : 60 + small.shape[0], left : left + small.shape[1]] = small
            yield step / FPS, frame

    detector, _, most = watched(slid(), finder)
    assert detector.turns == ()
    assert most < 12


@pytest.mark.parametrize(("name", "yaws"), [("live_head_turns.mp4", (1, -1)), ("live_two_people.mp4", (-1, 1))])
def test_turns_of_real_heads_are_solid(clips, finder, name, yaws):
    video = cv2.VideoCapture(str(clips / name))
    rate, number, frames = video.get(cv2.CAP_PROP_FPS), 0, []
    while (frame := video.read())[0] and number < 9 * rate:
        if number % round(rate / FPS) == 0:
            frames.append((number / rate, frame[1]))
        number += 1
    detector, _, _ = watched(frames, finder)
    assert tuple(np.sign([turn.yaw for turn in detector.turns])) == yaws
    assert [turn.solid for turn in detector.turns] == [True, True]
