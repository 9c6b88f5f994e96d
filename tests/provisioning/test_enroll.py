"""Enrolment by the real command, with a real vision process, from public-domain photos."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.sources.demo_enrolment import enrolment_photos
from camera.sources.demo_portraits import hopper_path
from provisioning.enroll import photo_files

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Grace Hopper's portrait, and what people send instead of one."""
    folder = tmp_path_factory.mktemp("photos")
    portrait = cv2.imread(str(hopper_path()))
    height, width = portrait.shape[:2]
    pictures = {
        "good": portrait,
        "twice": np.hstack([portrait, portrait[:, ::-1]]),
        "blank": np.full_like(portrait, 128),
        "tiny": cv2.resize(portrait, (width // 12, height // 12)),
        "black": (portrait * 0.02).astype(np.uint8),
    }
    files = {name: folder / f"{name}.png" for name in (*pictures, "empty", "text", "cut")}
    for name, picture in pictures.items():
        assert cv2.imwrite(str(files[name]), picture)
    files["empty"].touch()
    files["text"].write_text("not a photo at all")
    files["cut"].write_bytes(files["good"].read_bytes()[:5000])
    files["turned"] = enrolment_photos(folder, 3, "grace")[1]
    return files


def test_good_photos_enrol_and_the_others_are_told_apart(kioskctl, photos) -> None:
    names = ["good", "empty", "text", "cut", "blank", "twice", "tiny", "black", "turned"]
    said = ["--name", "Grace Hopper", "--basis", "consent", "--basis-text", "v1"]
    told = kioskctl.json("enroll", "grace", *(str(photos[name]) for name in names), *said)
    reasons = dict(zip(names, (photo["reason"] for photo in told["photos"]), strict=True))
    assert [photo["name"] for photo in told["photos"]] == [str(photos[name]) for name in names]
    assert reasons["good"] == reasons["turned"] == ""
    assert reasons["empty"] == "invalid_frame"
    assert reasons["text"] in ("unsupported_image", "invalid_frame")
    assert reasons["cut"] in ("unsupported_image", "invalid_frame")
    assert reasons["blank"] == "no_face_detected"
    assert reasons["twice"] == "multiple_faces"
    assert reasons["tiny"] in ("face_too_small", "no_face_detected")
    assert reasons["black"] in ("too_dark", "no_face_detected")
    assert all(photo["message"] for photo in told["photos"] if not photo["accepted"])
    good = told["photos"][0]
    assert good["quality_score"] >= 0.6
    assert {"name", "value", "score", "reason"} == set(good["measures"][0])

    enrolled = told["enrollment"]
    assert enrolled["samples"] == 2
    assert (enrolled["origin"], enrolled["door"], enrolled["liveness_verified"]) == ("photos", "confirmed", False)
    shown = kioskctl.json("user", "show", "grace")
    assert shown["person"]["display_name"] == "Grace Hopper"
    assert shown["person"]["door"] is True
    assert [each["enrollment_id"] for each in shown["enrollments"]] == [enrolled["enrollment_id"]]
    assert kioskctl.json("status")["people"] == 1

    assert kioskctl.refused("enroll", "somebody-else", str(photos["good"])) == "duplicate_person"
    assert len(kioskctl.json("user", "list")["people"]) == 1
    assert kioskctl.json("user", "erase", "grace", "--yes") == {"realm": "local", "user_id": "grace", "enrollments": 1}
    assert kioskctl.json("user", "list") == {"people": []}
    assert kioskctl.refused("user", "show", "grace") == "user_not_found"


def test_where_no_photo_can_be_used_nobody_is_enrolled(kioskctl, photos) -> None:
    answer = kioskctl("enroll", "grace", str(photos["blank"]), str(photos["empty"]))
    assert answer.code == 1
    assert answer.out.count("refused") == 2
    assert "nobody was enrolled" in answer.err
    assert kioskctl.json("user", "list") == {"people": []}


def test_a_running_kiosk_does_the_same(served, photos) -> None:
    told = served.json("enroll", "grace", str(photos["good"]), str(photos["blank"]))
    served.json("enroll", "grace", str(photos["good"]), "--look", "glasses")
    served.json("user", "cannot", "grace", "hurry")
    shown = served.json("user", "show", "grace")
    assert ([each["label"] for each in shown["enrollments"]], shown["cannot"]) == (["", "glasses"], ["hurry"])
    said = served("user", "show", "grace").out
    assert "glasses" in said
    assert "cannot: hurry" in said
    assert [photo["accepted"] for photo in told["photos"]] == [True, False]
    assert served.json("status")["control"] is True
    assert served.refused("enroll", "other", str(photos["good"])) == "duplicate_person"
    assert served.json("enroll", "other", str(photos["good"]), "--allow-duplicate")["enrollment"]["user_id"] == "other"
    assert served.json("user", "erase", "other", "--yes")["enrollments"] == 1


def test_a_folder_stands_for_its_photos(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.png", "notes.txt"):
        (tmp_path / name).touch()
    assert photo_files([tmp_path]) == [tmp_path / "a.png", tmp_path / "b.jpg"]
    assert photo_files([tmp_path / "notes.txt"]) == [tmp_path / "notes.txt"]


def test_usage(kioskctl, tmp_path: Path) -> None:
    for arguments in (
        ["grace"],
        ["grace", str(tmp_path / "absent.jpg")],
        ["grace", str(hopper_path()), "--camera"],
        ["grace", str(tmp_path / "keys")],
    ):
        assert kioskctl("enroll", *arguments).code == 2
    assert kioskctl.refused("enroll", "grace", str(hopper_path()), "--basis", "because") == "invalid_request"
