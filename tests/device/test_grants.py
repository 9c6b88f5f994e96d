"""What may open a door, and who may come in."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.records import LOCAL, Attempt, DoorState, Enrollment, Origin, Person, SessionKind
from device.access import refusal
from device.door.base import DoorRefused, check_source
from device.grants import CameraGrant, CardGrant, GrantRefused, PinGrant, camera_grant, card_grant, pin_grant

ATTEMPT = Attempt(
    attempt_id="a",
    session_token="t",
    realm=LOCAL,
    kind=SessionKind.AUTHENTICATION,
    success=True,
    user_id="ada",
    confidence=0.9,
    matched_enrollment="e",
    liveness_passed=True,
    processing_time_ms=10,
    failure_reason="",
    boot_id="b",
    boot_time=1.0,
)
ADA = Person(LOCAL, "ada")
TEMPLATE = Enrollment("e", LOCAL, "ada", "m", np.ones(4, np.float32) / 2, 0.9, 5, True, Origin.KIOSK, DoorState.CONFIRMED)


def test_a_success_with_liveness_grants() -> None:
    assert camera_grant(ATTEMPT, live=False, door_real=False) == CameraGrant("ada", "a")
    assert camera_grant(ATTEMPT, live=True, door_real=True) == CameraGrant("ada", "a")


@pytest.mark.parametrize(
    "change",
    [
        {"success": False},
        {"user_id": None},
        {"realm": "clients"},
        {"liveness_passed": False},
        {"kind": SessionKind.ENROLLMENT},
        {"means": "pin"},
    ],
)
def test_nothing_else_does(change: dict[str, object]) -> None:
    with pytest.raises(GrantRefused):
        camera_grant(replace(ATTEMPT, **change), live=True, door_real=False)  # type: ignore[arg-type]


def test_a_pin_and_a_card_grant_by_their_own_decisions_alone() -> None:
    assert pin_grant(replace(ATTEMPT, means="pin")) == PinGrant("ada", "a")
    assert card_grant(replace(ATTEMPT, means="card")) == CardGrant("ada", "a")
    for wrong in (ATTEMPT, replace(ATTEMPT, means="card"), replace(ATTEMPT, means="pin", success=False)):
        with pytest.raises(GrantRefused):
            pin_grant(wrong)


def test_what_is_not_live_opens_no_real_door() -> None:
    with pytest.raises(GrantRefused):
        camera_grant(ATTEMPT, live=False, door_real=True)
    with pytest.raises(DoorRefused, match=r"replay:clip\.mp4 is not live.*simulated"):
        check_source("replay:clip.mp4", live=False, driver="relay", real=True)
    check_source("replay:clip.mp4", live=False, driver="simulated", real=False)
    check_source("v4l2:/dev/video0", live=True, driver="relay", real=True)


def test_every_grant_is_made_in_one_place(root: Path) -> None:
    made: dict[str, list[str]] = {}
    for file in (file for package in ("api", "device", "provisioning") for file in (root / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Grant"):
                made.setdefault(node.func.id, []).append(f"{file.relative_to(root)}")
    assert made.pop("CameraGrant") == ["device/grants.py"]
    assert all(len(places) == 1 for places in made.values())


def test_a_confirmed_active_person_may_come_in() -> None:
    assert refusal(ADA, TEMPLATE, None) == ""


@pytest.mark.parametrize(
    ("person", "enrollment", "why"),
    [
        (None, TEMPLATE, "no_match"),
        (ADA, None, "no_match"),
        (ADA, replace(TEMPLATE, status="revoked"), "no_match"),
        (replace(ADA, status="disabled"), TEMPLATE, "person_disabled"),
        (ADA, replace(TEMPLATE, door=DoorState.PENDING), "enrollment_not_confirmed"),
        (replace(ADA, valid_until=10.0), TEMPLATE, "clock_not_trusted"),
    ],
)
def test_others_may_not(person: Person | None, enrollment: Enrollment | None, why: str) -> None:
    assert refusal(person, enrollment, None) == why


@given(st.none() | st.floats(0, 100), st.none() | st.floats(0, 100), st.floats(0, 100))
def test_access_holds_from_its_beginning_up_to_its_end(begin: float | None, end: float | None, now: float) -> None:
    inside = (begin is None or begin <= now) and (end is None or now < end)
    assert (refusal(replace(ADA, valid_from=begin, valid_until=end), TEMPLATE, now) == "") == inside
