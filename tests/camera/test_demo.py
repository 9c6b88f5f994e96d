import itertools
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.frame import boot_time
from camera.settings import CameraSettings
from camera.source import CameraAbsent
from camera.sources import demo_portraits
from camera.sources.demo import DemoSource, main
from camera.sources.demo_eyelids import Eyelids
from camera.sources.demo_portraits import load
from camera.sources.demo_print import Print
from camera.sources.demo_stage import NOISE, Stage, office
from camera.sources.demo_warp import Stance, Warp

FAST = CameraSettings(source="demo", pace="fast", fps=8)


def frames(settings, count):
    with DemoSource(settings) as source:
        return [source.read() for _ in range(count)], [source.truth(seq) for seq in range(1, count + 1)]


def test_the_same_seed_shows_the_same():
    one, _ = frames(FAST, 40)
    two, _ = frames(FAST, 40)
    other, _ = frames(FAST.model_copy(update={"seed": 2}), 40)
    assert all(np.array_equal(a.image, b.image) for a, b in zip(one, two, strict=True))
    assert not np.array_equal(one[-1].image, other[-1].image)


def test_truth_tells_who_is_there():
    shown, truths = frames(FAST.model_copy(update={"fps": 4.0}), 39 * 4)
    assert [truth.seq for truth in truths] == [frame.seq for frame in shown]
    seen = [truth for truth in truths if truth.inside == 1]
    assert [(t.kind, t.subject) for t in seen if t.seconds in (4.0, 16.0, 30.0)] == [
        ("person", "grace"),
        ("person", "collins"),
        ("photo", "grace"),
    ]
    last = {(truth.kind, truth.subject): truth.blinks for truth in seen}
    assert last[("person", "grace")] >= 2
    assert last[("person", "collins")] >= 3
    assert last[("photo", "grace")] == 0
    assert not any(truth.eyes_closed for truth in truths if truth.kind == "photo")
    room = office(640, 480).astype(int)
    for frame, truth in zip(shown[::3], truths[::3], strict=True):
        changed = (np.abs(frame.image - room).max(axis=2) > 40).mean()
        assert (changed > 0.1) == (truth.inside > 0.6) or 0 < truth.inside <= 0.6


def test_truth_of_frames_that_are_not_made_is_not_invented():
    with DemoSource(FAST) as source:
        with pytest.raises(LookupError):
            source.truth(1)
        source.read()
        assert source.truth(1).kind == "empty"
        for seq in (0, 2):
            with pytest.raises(LookupError):
                source.truth(seq)


def test_the_person_obeys_and_truth_knows():
    settings = FAST.model_copy(update={"fps": 24.0})
    with DemoSource(settings) as source:
        for _ in range(24 * 6):
            frame = source.read()
            if source.truth(frame.seq).seconds == 3.0:
                source.instruct("turn_left")
        yaws = [source.truth(seq).yaw for seq in range(1, frame.seq + 1)]
    assert max(yaws[24 * 3 :]) > 20
    assert max(yaws[24 * 4 - 12 :]) > max(yaws[: 24 * 3]) + 15


def test_real_time_is_the_rate_of_the_settings():
    started = boot_time()
    shown, _ = frames(CameraSettings(source="demo", fps=20), 11)
    assert 0.45 < boot_time() - started < 5
    assert shown[-1].time - shown[0].time == pytest.approx((shown[-1].seq - 1) / 20, abs=0.001)


@pytest.mark.parametrize(("width", "height"), [(320, 240), (480, 640), (161, 121)])
def test_any_size(width, height):
    settings = FAST.model_copy(update={"width": width, "height": height, "fps": 2.0})
    shown, _ = frames(settings, 60)
    assert {frame.image.shape for frame in shown} == {(height, width, 3)}


def test_noise_is_the_sensors():
    stage = Stage(640, 480, 1)
    first, second = stage.frame(None).astype(float), stage.frame(None).astype(float)
    assert np.std(first - second) / np.sqrt(2) == pytest.approx(NOISE, rel=0.25)


def test_a_turned_head_moves_nearer_points_further_and_leaves_the_body():
    portrait = load("grace")
    warp = Warp(portrait)
    shift, _ = warp.displacement(Stance(0, 0, 1, yaw=20))
    nose, ear = portrait.points[4] / 4, portrait.points[234] / 4
    moved = shift[int(nose[1]), int(nose[0])]
    assert moved > 0.2 * portrait.eye_distance
    assert shift[int(ear[1]), int(ear[0])] < 0.6 * moved
    assert np.abs(shift[-10:]).max() == 0
    assert np.gradient(shift, 4, axis=1).min() > -1, "the picture would fold over itself"
    back, _ = warp.displacement(Stance(0, 0, 1, yaw=-20))
    assert back[int(nose[1]), int(nose[0])] < -0.2 * portrait.eye_distance


def test_the_warp_is_the_inverse_of_the_displacement():
    portrait = load("collins")
    warp = Warp(portrait)
    stance = Stance(320, 216, 0.75, yaw=15, pitch=5, roll=3)
    map_x, map_y = warp.maps(stance, 640, 480)
    shift_x, shift_y = warp.displacement(stance)
    anchor = portrait.points[168, :2]
    for landmark in (4, 33, 263, 61, 291, 152):
        x, y = portrait.points[landmark, :2]
        row, column = round((y - 1.5) / 4), round((x - 1.5) / 4)
        x, y = column * 4 + 1.5, row * 4 + 1.5
        to_x = (x + shift_x[row, column] - anchor[0]) * 0.75 + 320
        to_y = (y + shift_y[row, column] - anchor[1]) * 0.75 + 216
        found = cv2.remap(np.dstack([map_x, map_y]), np.float32([[to_x]]), np.float32([[to_y]]), cv2.INTER_LINEAR)[0, 0]
        assert found == pytest.approx([x, y], abs=1.0)


def test_eyelids_leave_no_trace_when_open_again():
    portrait = load("grace")
    eyelids, sprite = Eyelids(portrait), portrait.sprite.copy()
    eyelids.paint(sprite, 1.0)
    changed = np.argwhere((sprite != portrait.sprite).any(axis=2))
    assert 300 < len(changed) < 0.02 * sprite[:, :, 0].size
    eyelids.paint(sprite, 0.0)
    assert np.array_equal(sprite, portrait.sprite)


def test_the_print_moves_as_a_plane_and_visibly():
    sheet = Print(load("grace"), 0.6, seed=1)
    grid = np.stack(np.meshgrid(np.linspace(0, 600, 5), np.linspace(0, 700, 5)), axis=-1).reshape(-1, 1, 2)
    places = [cv2.perspectiveTransform(grid, sheet.homography(t, 320, 200))[:, 0] for t in (0.0, 0.7, 1.9, 3.1)]
    for earlier, later in itertools.pairwise(places):
        matrix, _ = cv2.findHomography(earlier, later)
        explained = cv2.perspectiveTransform(earlier[:, None], matrix)[:, 0]
        assert np.abs(explained - later).max() < 0.01
        assert np.abs(later - earlier).max() > 5


def test_photos_for_enrolment_differ(tmp_path: Path, capsys):
    assert main(["portraits", str(tmp_path / "new"), "--count", "5"]) == 0
    paths = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(tmp_path.glob("new/*")) == paths
    assert len(paths) == 5
    photos = [cv2.imread(str(path)).astype(int) for path in paths]
    for index, photo in enumerate(photos):
        assert photo.shape == (480, 640, 3)
        assert all(np.abs(photo - other).mean() > 3 for other in photos[:index])


def test_photos_that_cannot_be_written_are_an_error(tmp_path: Path, capsys):
    (tmp_path / "file").touch()
    assert main(["portraits", str(tmp_path / "file")]) == 1
    assert main(["portraits", str(tmp_path / "new"), "--count", "0"]) == 1
    assert "no photos were made" in capsys.readouterr().err


def test_a_missing_portrait_says_what_to_do(monkeypatch):
    monkeypatch.setattr(demo_portraits.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(CameraAbsent, match="install the base dependencies"):
        DemoSource(FAST)


def test_rendering_needs_neither_mediapipe_nor_matplotlib(root: Path):
    code = (
        "import sys; from camera.open import open_source; from camera.settings import CameraSettings\n"
        "open_source(CameraSettings(source='demo')).read()\n"
        "print([name for name in ('mediapipe', 'matplotlib', 'tensorflow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
