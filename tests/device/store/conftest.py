"""Keys, a database file and records for the store's tests."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.records import (
    LOCAL,
    Attempt,
    Basis,
    Client,
    DoorEvent,
    DoorState,
    Enrollment,
    Origin,
    Person,
    SessionKind,
    SessionRow,
    SessionStatus,
    Visit,
)
from device.keys import Keys
from device.store.store import SqlCipherStore, open_store


class Make:
    """Records with every field filled; what a test is about, it names."""

    def person(self, user_id: str = "anna", **fields: Any) -> Person:
        full: dict[str, Any] = {
            "realm": LOCAL,
            "display_name": "Anna Ärmel",
            "groups": ("staff", "night"),
            "valid_from": 1.5,
            "valid_until": 2e9,
            "language": "de",
            "accommodations": ("no_blink",),
            "basis": Basis("consent", "2026-01", "operator", 1.7e9),
            "created_at": 1.7e9,
        }
        return Person(user_id=user_id, **(full | fields))

    def enrollment(self, user_id: str = "anna", **fields: Any) -> Enrollment:
        full: dict[str, Any] = {
            "enrollment_id": str(uuid.uuid4()),
            "realm": LOCAL,
            "model_id": "dlib-1",
            "template": np.linspace(-1, 1, 128, dtype=np.float32),
            "quality_score": 0.875,
            "samples": 5,
            "liveness_verified": True,
            "origin": Origin.KIOSK,
            "door": DoorState.CONFIRMED,
            "created_at": 1.7e9,
            "client_id": "client",
        }
        return Enrollment(user_id=user_id, **(full | fields))

    def client(self, **fields: Any) -> Client:
        full: dict[str, Any] = {
            "client_id": str(uuid.uuid4()),
            "name": "Reception",
            "realm": "shop",
            "grants": ("enroll", "authenticate"),
            "key_prefix": uuid.uuid4().hex[:8],
            "key_hash": b"\x00hash\xff",
            "created_at": 1.7e9,
        }
        return Client(**(full | fields))

    def session(self, user_id: str | None = "anna", **fields: Any) -> SessionRow:
        full: dict[str, Any] = {
            "token": str(uuid.uuid4()),
            "kind": SessionKind.AUTHENTICATION,
            "realm": LOCAL,
            "client_id": "client",
            "require_liveness": True,
            "metadata": {"desk": 4, "note": "grün"},
            "status": SessionStatus.ACTIVE,
            "created_at": 1.7e9,
            "expires_at": 1.7e9 + 1800,
        }
        return SessionRow(user_id=user_id, **(full | fields))

    def attempt(self, user_id: str | None = "anna", **fields: Any) -> Attempt:
        full: dict[str, Any] = {
            "attempt_id": str(uuid.uuid4()),
            "session_token": "token",
            "realm": LOCAL,
            "kind": SessionKind.AUTHENTICATION,
            "success": True,
            "confidence": 0.8125,
            "matched_enrollment": "enrollment",
            "liveness_passed": True,
            "processing_time_ms": 212,
            "failure_reason": "",
            "boot_id": "boot",
            "boot_time": 77.25,
            "created_at": 1.7e9,
            "detail": {"blinks": 2, "frames": [1, 2, 3]},
        }
        return Attempt(user_id=user_id, **(full | fields))

    def visit(self, user_id: str | None = "anna", **fields: Any) -> Visit:
        full: dict[str, Any] = {
            "visit_id": str(uuid.uuid4()),
            "outcome": "granted",
            "reason": "",
            "confidence": 0.8125,
            "duration_ms": 1400,
            "attempts": ("one", "two"),
            "boot_id": "boot",
            "boot_time": 78.5,
            "created_at": 1.7e9,
        }
        return Visit(user_id=user_id, **(full | fields))

    def door_event(self, user_id: str | None = "anna", **fields: Any) -> DoorEvent:
        full: dict[str, Any] = {
            "event_id": str(uuid.uuid4()),
            "kind": "unlocked",
            "grant": "camera",
            "attempt_id": "one",
            "boot_id": "boot",
            "boot_time": 78.0,
            "created_at": 1.7e9,
            "detail": {"seconds": 3.5},
        }
        return DoorEvent(user_id=user_id, **(full | fields))


@pytest.fixture(scope="session")
def make() -> Make:
    return Make()


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys.from_root(bytes(range(32)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "kiosk.db"


@pytest.fixture
async def store(path: Path, keys: Keys) -> AsyncIterator[SqlCipherStore]:
    async with open_store(path, keys, create=True) as opened:
        yield opened
