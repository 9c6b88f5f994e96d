"""The reference's client programs, run as they are to their end against a served API."""

import asyncio
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).with_name("reference_client.py")


@pytest.fixture
def folder(tmp_path, image):
    """Frames of somebody who blinks at the tenth, on disk as a client has them."""

    def make(person: int) -> Path:
        frames = tmp_path / f"frames-{person}"
        frames.mkdir()
        for n in range(1, 41):
            (frames / f"{n:03}.jpg").write_bytes(image(person=person, blinks=int(n >= 10)))
        return frames

    return make


async def run(device, program, key, frames, user="user123", pause=0.01):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(PROGRAMS),
        program,
        device.url,
        key,
        str(frames),
        user,
        str(pause),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert not err.decode()
    assert process.returncode == 0
    return out.decode().splitlines()


@pytest.mark.parametrize("program", ["enroll-rest", "enroll-socket"])
async def test_enrolment_then_authentication(device, folder, program):
    _, key = await device.new_client("enroll", "authenticate")
    frames = folder(1)
    lines = await run(device, program, key, frames)
    (enrollment,) = await device.store.enrollments("office", "user123")
    assert lines[-1] == f"Enrollment completed: {enrollment.enrollment_id}"
    if program == "enroll-socket":
        assert lines[0] == "Progress: 1/5"
    lines = await run(device, "authenticate", key, frames)
    assert lines[0] == "Authentication successful: user123"
    assert 0.85 < float(lines[1].removeprefix("Confidence: ")) <= 0.99


async def test_a_stranger_is_told_no(device, folder, enrol):
    await enrol("user123", 1)
    _, key = await device.new_client("enroll", "authenticate")
    assert await run(device, "authenticate", key, folder(2)) == ["Authentication failed: no_match"]
