import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.frame import boot_time
from camera.source import CameraAbsent, CameraEnded, CameraError, CameraFailed
from camera.sources.replay import ReplaySource


def number(frame):
    return round(float(frame.image[:, :, 0].mean()) / 10)


def drain(source):
    frames = []
    with source:
        try:
            while True:
                frames.append(source.read())
        except CameraEnded:
            return frames


def test_fast_hands_out_every_frame_at_the_clips_own_times(make_clip):
    frames = drain(ReplaySource(make_clip(12, fps=10.0), pace="fast"))
    assert [number(frame) for frame in frames] == list(range(12))
    assert [frame.seq for frame in frames] == list(range(1, 13))
    assert np.diff([frame.time for frame in frames]) == pytest.approx([0.1] * 11, abs=0.002)


def test_real_time_takes_the_clips_time(make_clip):
    started = boot_time()
    frames = drain(ReplaySource(make_clip(10, fps=25.0)))
    assert 0.35 < boot_time() - started < 3
    assert started <= frames[0].time < frames[-1].time <= boot_time()


def test_real_time_skips_what_is_late(make_clip):
    source = ReplaySource(make_clip(20, fps=20.0))
    assert source.read().seq == 1
    time.sleep(0.4)
    late = source.read()
    assert late.seq > 5
    assert number(late) == late.seq - 1
    source.close()


def test_a_loop_begins_again_and_times_go_on(make_clip):
    source = ReplaySource(make_clip(3, fps=10.0), pace="fast", loop=True)
    frames = [source.read() for _ in range(8)]
    assert [number(frame) for frame in frames] == [0, 1, 2, 0, 1, 2, 0, 1]
    assert [frame.seq for frame in frames] == list(range(1, 9))
    assert np.diff([frame.time for frame in frames]) == pytest.approx([0.1] * 7, abs=0.002)
    source.close()


def test_a_folder_of_photos_in_order_of_name(photos):
    frames = drain(ReplaySource(photos, pace="fast", fps=5.0))
    assert [number(frame) for frame in frames] == list(range(5))
    assert frames[1].time - frames[0].time == pytest.approx(0.2)


def test_a_single_photo_loops(photos):
    with ReplaySource(photos / "3.png", pace="fast", loop=True) as source:
        first, second = source.read(), source.read()
    assert number(first) == number(second) == 3
    assert first.image is not second.image


def test_grey_and_turned_photos_come_out_upright_in_three_channels(tmp_path):
    grey = np.zeros((40, 60), np.uint8)
    grey[0, 0] = 255
    path = tmp_path / "grey.png"
    cv2.imwrite(str(path), grey)
    with ReplaySource(path, rotate=90) as source:
        image = source.read().image
    assert image.shape == (60, 40, 3)
    assert image[0, 39].tolist() == [255, 255, 255]


def test_closing_wakes_a_read_that_waits(make_clip):
    source = ReplaySource(make_clip(3, fps=1.0))
    source.read()
    threading.Timer(0.05, source.close).start()
    started = time.monotonic()
    with pytest.raises(CameraError, match="closed"):
        source.read()
    assert time.monotonic() - started < 0.9


def test_what_cannot_be_replayed_says_why(tmp_path: Path):
    with pytest.raises(CameraAbsent, match="no such file"):
        ReplaySource(tmp_path / "missing.mp4")
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(CameraFailed, match="empty"):
        ReplaySource(tmp_path / "empty.mp4")
    (tmp_path / "text.mp4").write_text("this is no video\n" * 50)
    with pytest.raises(CameraFailed, match="not a video"):
        ReplaySource(tmp_path / "text.mp4")
    (tmp_path / "text.jpg").write_text("this is no photo")
    with pytest.raises(CameraFailed, match="not a photo"):
        ReplaySource(tmp_path / "text.jpg")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CameraAbsent, match="no photo in the folder"):
        ReplaySource(tmp_path / "folder")


def test_a_damaged_photo_in_a_folder_is_named(photos):
    (photos / "2.png").write_bytes(b"")
    with ReplaySource(photos, pace="fast") as source:
        source.read()
        source.read()
        with pytest.raises(CameraFailed, match=r"2\.png"):
            source.read()


def test_a_video_that_breaks_off_is_damaged_not_over(make_clip):
    path = make_clip(60, name="clip.mkv")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 4])
    with ReplaySource(path, pace="fast") as source:
        assert source.read().seq == 1
        with pytest.raises(CameraFailed, match="breaks off"):  # noqa: PT012  # which of the reads meets the break is not known
            for _ in range(60):
                source.read()


def test_a_real_clip_has_its_own_rate(clips: Path):
    with ReplaySource(clips / "live_blinks_portrait.mp4", pace="fast") as source:
        frames = [source.read() for _ in range(25)]
    assert frames[0].image.shape == (854, 480, 3)
    assert frames[24].time - frames[0].time == pytest.approx(1.0, abs=0.05)
