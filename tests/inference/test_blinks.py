"""The blink detector: drawn eyes with known blinks, and clips counted by eye."""

from functools import cache

import cv2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.landmarks import MediaPipeFinder, MediaPipeMesher
from inference.liveness.blinks import BlinkDetector
from inference.mesh import eye_aspect_ratio
from inference.pose import head_pose


def watch(closures, seconds=8.0, fps=25.0, base=0.28, closed=0.05, yaw=0.0, pitch=-5.0):
    """A detector that has watched eyes with these (start, length) closures, in seconds."""
    detector = BlinkDetector()
    for number in range(int(seconds * fps)):
        time = number / fps
        shut = any(start <= time < start + length for start, length in closures)
        detector.update(100 + time, closed if shut else base, yaw, pitch)
    return detector


def counts(detector):
    return detector.blinks, detector.long_closures


@pytest.mark.parametrize("base", [0.16, 0.22, 0.34])
@pytest.mark.parametrize("fps", [15, 24, 30, 60])
def test_blinks_and_long_closures_are_told_apart_for_every_eye(base, fps):
    assert counts(watch([(1, 0.2), (3, 0.3), (5, 1.2)], fps=fps, base=base, closed=0.25 * base)) == (2, 1)


def test_eyes_that_stay_open_do_nothing():
    assert counts(watch([])) == (0, 0)


def test_a_closure_counts_when_it_ends():
    detector = watch([(7, 5)])
    assert counts(detector) == (0, 0)
    assert detector.eyes_closed
    detector.update(108.1, 0.28, 0, -5)
    assert counts(detector) == (0, 1)
    assert not detector.eyes_closed


def test_eyes_never_seen_open_count_nothing():
    assert counts(watch([(0, 8)])) == (0, 0)


def test_a_picture_with_closed_eyes_shown_once_counts_nothing():
    assert counts(watch([], base=0.05)) == (0, 0)


def test_a_half_closed_lid_is_no_blink():
    assert counts(watch([(2, 0.2)], closed=0.6 * 0.28)) == (0, 0)


def test_lids_of_turned_heads_are_not_measured():
    assert counts(watch([(2, 0.2)], yaw=25)) == (0, 0)


def test_pitch_counts_from_this_persons_own():
    assert counts(watch([(2, 0.2)], pitch=-30)) == (1, 0)


def test_a_nod_is_no_blink():
    """Looking down narrows the eyes as a blink does; the head says which it is."""
    detector = BlinkDetector()
    for number in range(200):
        nodding = 100 <= number < 110
        detector.update(number / 25, 0.06 if nodding else 0.28, 0, -30 if nodding else -5)
    assert counts(detector) == (0, 0)


@pytest.mark.parametrize("fps", [8, 10, 12])
def test_slow_cameras_see_blinks_that_fall_on_one_frame(fps):
    assert counts(watch([(2, 1 / fps), (4, 1 / fps)], fps=fps)) == (2, 0)


def test_frames_out_of_order_are_left_out():
    detector = watch([(1, 0.2)])
    before = counts(detector)
    for time in (100.0, 107.96, 50.0):
        detector.update(time, 0.01, 0, -5)
    assert counts(detector) == before
    assert not detector.eyes_closed


def test_a_closure_whose_end_nobody_saw_is_dropped():
    detector = watch([(7.5, 5)])
    detector.update(120, 0.28, 0, -5)
    assert counts(detector) == (0, 0)


@settings(max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.floats(0.1, 0.5) | st.floats(0.8, 1.5), min_size=1, max_size=4),
    fps=st.floats(20, 60),
    base=st.floats(0.16, 0.34),
)
def test_any_script_of_blinks_is_counted_exactly(lengths, fps, base):
    closures, start = [], 1.0
    for length in lengths:
        closures.append((start, length))
        start += length + 1.0
    expected = sum(length < 0.6 for length in lengths), sum(length > 0.6 for length in lengths)
    assert counts(watch(closures, seconds=start, fps=fps, base=base, closed=0.2 * base)) == expected


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(-10, 200), st.floats(0, 1), st.floats(-90, 90), st.floats(-90, 90)), max_size=80))
def test_counts_only_ever_rise(frames):
    detector, before = BlinkDetector(), (0, 0)
    for frame in frames:
        detector.update(*frame)
        now = counts(detector)
        assert now >= before
        assert sum(now) - sum(before) in (0, 1)
        before = now


@cache
def measured(path):
    """(time, aspect ratio, yaw, pitch) of every frame of a clip, and its rate."""
    video = cv2.VideoCapture(str(path))
    fps = video.get(cv2.CAP_PROP_FPS)
    finder, mesher, rows, number = MediaPipeFinder(), MediaPipeMesher(tracking=True), [], 0
    while (frame := video.read())[0]:
        image = frame[1]
        mesh = mesher.follow(image)
        if mesh is None and (faces := finder.find(image)):
            mesh = mesher.start(image, max(faces, key=lambda face: face.eye_distance))
        pose = None if mesh is None else head_pose(mesh, image.shape[1], image.shape[0])
        if mesh is not None and pose is not None:
            rows.append((number / fps, eye_aspect_ratio(mesh), pose.yaw, pose.pitch))
        number += 1
    finder.close()
    mesher.close()
    return rows, fps


def counted(rows, fps, rate, phase=0.0):
    detector, due = BlinkDetector(), phase / fps
    for row in rows:
        if row[0] >= due - 1e-6:
            detector.update(*row)
            due += 1 / rate
    return counts(detector)


CLIPS = [
    ("live_blinks_portrait.mp4", (6, 2)),
    ("live_eyes_open_closed.mp4", (1, 2)),
    ("live_head_turns.mp4", (1, 0)),
    ("spoof_monitor_replay_of_head_turns.mp4", (1, 0)),
]


@pytest.mark.parametrize(("name", "truth"), CLIPS)
def test_clips_are_counted_exactly_at_their_own_rate(clips, name, truth):
    rows, fps = measured(clips / name)
    assert counted(rows, fps, fps) == truth


@pytest.mark.parametrize("rate", [20, 15, 12])
@pytest.mark.parametrize(("name", "truth"), CLIPS[:2])
def test_clips_of_faces_that_look_ahead_are_counted_exactly_at_lower_rates(clips, name, truth, rate):
    rows, fps = measured(clips / name)
    assert {counted(rows, fps, rate, phase) for phase in (0.0, 1.0)} == {truth}
