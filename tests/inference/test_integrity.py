"""The integrity of streams: what a live person never shows, however it is injected, and that live streams raise nothing."""

import itertools

import cv2
import numpy as np
import pytest

from camera.open import open_source
from camera.settings import CameraSettings
from inference.liveness.integrity_lag import LagMeter
from inference.liveness.watch import StreamWatch
from inference.luma import luma_of
from inference.observation import Box

NOISE = np.random.default_rng(4)
DEMO_FPS = 24


@pytest.fixture(scope="module")
def person():
    """Five seconds of the demo's person, who is there from 3 s on: reduced to 320 px, as they are looked at."""
    frames = []
    with open_source(CameraSettings(source="demo", pace="fast", fps=DEMO_FPS)) as source:
        for number in range(int(7.6 * DEMO_FPS)):
            image = source.read().image
            if number >= 2.6 * DEMO_FPS:
                frames.append(cv2.resize(image, (320, 240), interpolation=cv2.INTER_AREA))
    return frames


def every(frames, fps):
    """The frames thinned out to a lower rate."""
    step = DEMO_FPS / fps
    return [frames[int(number * step)] for number in range(int(len(frames) / step))]


def noisy(image, sigma):
    return np.clip(image + NOISE.normal(0, sigma, image.shape), 0, 255).astype(np.uint8)


def swaying(index, fps):
    """Where a live face is, in eye distances."""
    return 4 + 0.02 * np.sin(2 * index / fps), 3 + 0.01 * np.sin(3.1 * index / fps)


FACE = Box(112, 84, 90, 90)
"""Around the person's face, pixels of the reduced frame."""


def alarms(images, fps, place=swaying, watch=None, track=1):
    watch = watch or StreamWatch()
    for index, image in enumerate(images):
        watch.face(100 + index / fps, track, luma_of(image), place(index, fps), FACE)
    return watch.alarms


@pytest.mark.parametrize("fps", [5, 10, 15, 24])
@pytest.mark.parametrize("sigma", [0, 6])
def test_a_live_person_raises_nothing_at_any_rate(person, fps, sigma):
    images = every(person, fps)
    assert alarms([noisy(image, sigma) for image in images] if sigma else images, fps) == ()


@pytest.mark.parametrize("fps", [5, 15])
@pytest.mark.parametrize("times", [3, 4])
def test_frames_shown_several_times(person, fps, times):
    repeated = [image for image in every(person, fps) for _ in range(times)]
    assert "duplicated_frames" in alarms(repeated, fps)


def test_every_other_frame_twice_may_be_a_client_faster_than_its_camera(person):
    assert alarms([image for image in every(person, 15) for _ in range(2)], 30) == ()


@pytest.mark.parametrize("fps", [5, 15, 30])
@pytest.mark.parametrize("sigma", [1, 4, 10])
def test_a_still_picture_under_noise(person, fps, sigma):
    def trembling(index, fps):
        return tuple(4 + NOISE.normal(0, 0.0008 if sigma < 10 else 0.0018, 2))

    assert "still_picture" in alarms([noisy(person[20], sigma) for _ in range(3 * fps)], fps, trembling)


@pytest.mark.parametrize("fps", [5, 10, 30])
@pytest.mark.parametrize(("sigma", "quality"), [(0.7, 40), (4, 92), (12, 60)])
def test_noise_that_is_encoded_and_makes_the_mesh_tremble(person, fps, sigma, quality):
    """As much as a live face sways: the place alone tells nothing then."""

    def encoded(image):
        return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)

    def trembling(index, fps):
        return tuple(4 + NOISE.normal(0, 0.02, 2))

    shown = [encoded(noisy(person[20], sigma)) for _ in range(3 * fps)]
    assert "still_picture" in alarms(shown, fps, trembling)
    assert alarms(map(encoded, every(person, fps)), fps, trembling) == ()


def test_growth_over_a_second(person):
    def growth(images, fps):
        meter = LagMeter()
        for index, image in enumerate(images):
            meter.update(index / fps, luma_of(image).grey, FACE)
        return meter.growth

    still = [noisy(person[20], 5) for _ in range(45)]
    assert growth(still, 15) == pytest.approx(1, abs=0.1)
    # Light that flickers changes nothing in the picture.
    assert growth([np.clip(image + 4.0 * (n % 3), 0, 255).astype(np.uint8) for n, image in enumerate(still)], 15) < 1.15
    assert growth([noisy(image, 5) for image in every(person, 15)], 15) > 2
    assert growth(still[:20], 15) == float("inf")
    assert growth(person[:1] * 45, 15) == float("inf")


@pytest.mark.parametrize("fps", [5, 10, 15])
@pytest.mark.parametrize("seconds", [1.4, 2.5])
def test_a_loop_that_was_encoded_again(person, fps, seconds):
    images = every(person, fps)[: int(seconds * fps)]
    shown = itertools.islice(itertools.cycle(images), int(3.2 * seconds * fps))
    assert "looped_stream" in alarms([noisy(image, 2) for image in shown], fps)


def test_a_clip_shown_to_and_fro(person):
    images = every(person, 15)[:35]
    assert "looped_stream" in alarms([noisy(image, 2) for image in [*images, *images[::-1], *images]], 15)


def test_frames_in_disorder(person):
    """A walk across the picture, shuffled within half a second."""
    moved = [np.roll(image, 3 * index, axis=1) for index, image in enumerate(every(person, 15))]
    assert alarms(moved, 15) == ()
    shuffled = [moved[block + index] for block in range(0, len(moved) - 8, 8) for index in NOISE.permutation(8)]
    assert "unordered_frames" in alarms(shuffled, 15)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_parts_of_a_recording_in_another_order(person, size):
    """The demo's person sways a little; so does the camera here, as a hand-held one."""
    frames = [np.roll(image, round(14 * np.sin(index / 9)), axis=1) for index, image in enumerate(every(person, 10))]
    assert alarms(frames, 10) == ()
    blocks = [frames[start : start + size] for start in range(0, len(frames) - size, size)]
    order = np.random.default_rng(5).permutation(len(blocks))
    assert "unordered_frames" in alarms([frame for number in order for frame in blocks[number]], 10)


def test_whoever_comes_is_compared_with_nobody_before(person):
    """The same person walks in the same way twice within seconds: another track, another measure."""
    watch = StreamWatch()
    wall = np.full_like(person[0], 120)
    edges = (80, 160, 240, 320, 320, 320)
    coming = [np.hstack([image[:, :edge], wall[:, edge:]]) for edge, image in zip(edges, person, strict=False)]
    for track in range(1, 6):
        for number, image in enumerate(coming):
            watch.face(100 + 0.6 * track + number / 10, track, luma_of(image), swaying(number, 10), FACE)
        assert "unordered_frames" not in watch.alarms


def test_a_lamp_that_blinks_is_no_disorder(person):
    """On the wall, and then so bright that it lights everything."""
    frames = every(person, 10)

    def lit(index, image, *, all_of_it):
        bright = image.astype(np.int16)
        bright[:, 250:] += 60 * (index // 4 % 2)
        bright += 12 * (index // 4 % 2) * all_of_it
        return np.clip(bright, 0, 255).astype(np.uint8)

    assert alarms([lit(index, image, all_of_it=False) for index, image in enumerate(frames)], 10) == ()
    assert alarms([lit(index, image, all_of_it=True) for index, image in enumerate(frames)], 10) == ()


def test_times_that_go_back(person):
    watch = StreamWatch()
    luma = luma_of(person[0])
    for time in (10.0, 10.1, 10.1, 9.95, 10.2):
        watch.face(time, 1, luma, (4, 3), FACE)
    assert watch.alarms == ()
    watch.face(3.0, 1, luma, (4, 3), FACE)
    assert watch.alarms == ("unordered_frames",)


def test_a_camera_that_stalls_is_no_attack(person):
    watch = StreamWatch()
    for index, image in enumerate(every(person, 15)):
        watch.face(100 + index / 15 + (1.5 if index > 30 else 0), 1, luma_of(image), swaying(index, 15), FACE)
    assert watch.alarms == ()


def test_a_second_face_that_enters(person):
    watch = StreamWatch()
    alarms(person[:5], 24, watch=watch)
    watch.nobody("multiple_faces")
    watch.nobody("no_face_detected")
    watch.nobody("multiple_faces")
    assert watch.alarms == ()
    watch.nobody("multiple_faces")
    assert watch.alarms == ("second_face",)


def test_alarms_belong_to_a_track(person):
    watch = StreamWatch()
    repeated = [image for image in every(person, 15)[:20] for _ in range(3)]
    assert alarms(repeated, 15, watch=watch) == ("duplicated_frames",)
    watch.face(200, 2, luma_of(person[0]), (4, 3), FACE)
    assert watch.alarms == ()
    watch.swapped(3)
    watch.face(200.1, 3, luma_of(person[1]), (4, 3), FACE)
    assert watch.alarms == ("identity_changed",)


def test_pictures_of_another_size_begin_anew(person):
    small = [cv2.resize(image, (160, 120)) for image in person[:20]]
    assert alarms([*person[:20], *small, *person[20:40]], 15) == ()
