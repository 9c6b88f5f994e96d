"""Times that are replayed, reordered or from the future: refused, the session as before. Over REST, in batches, on the socket."""

import asyncio
import base64
import datetime

import pytest

FRAME = "/api/auth/authentication/process-frame/"
NOW = datetime.datetime(2026, 5, 1, 12, 0, 0, tzinfo=datetime.UTC)


def stamp(seconds: float) -> str:
    return (NOW + datetime.timedelta(seconds=seconds)).isoformat()


@pytest.fixture
def frame(face, as_file):
    return base64.b64encode(as_file(face.resize((face.width // 2, face.height // 2)))).decode()


@pytest.mark.usefixtures("unchanged")
def test_timestamps_over_rest(served, frame):
    token = served.session()["session_token"]

    def send(seconds):
        body = {"session_token": token, "frame_data": frame, "timestamp": stamp(seconds)}
        status, said = served.call("POST", FRAME, json=body)
        return status, said.get("error_code")

    # The first one says only what the client's clock shows.
    assert send(1_000_000) == (200, None)
    before = served.stands(token)
    for seconds in (1_000_000, 999_999, 0, -(10**9), 1_000_600, 2 * 10**9):
        assert send(seconds) == (422, "invalid_request")
        assert served.stands(token) == before
    assert send(1_000_000.05) == (200, None)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("times", [(0, 0), (40, 20), (0, 20, 10), (0, 3_600_000), (0, 1e15), (5, None), (None, 5), (1e15, 0)])
def test_times_of_a_batch(served, frame, times):
    token = served.session()["session_token"]
    before = served.stands(token)
    frames = [frame if time is None else {"frame_data": frame, "t_ms": time} for time in times]
    status, said = served.call("POST", FRAME, json={"session_token": token, "frames": frames})
    assert (status, said["error_code"]) == (422, "invalid_request")
    assert served.stands(token) == before


@pytest.mark.usefixtures("unchanged")
def test_timestamps_on_the_socket(served, frame, open_socket):
    made = served.session()

    async def go():
        told = []
        async with open_socket(made) as socket:
            for seconds in (10, 10, 5, 10_000, 10.05):
                await socket.send_json({"type": "process_frame", "frame_data": frame, "timestamp": stamp(seconds)})
                said = await socket.receive_json(timeout=20)
                told.append(said.get("error_code", said["type"]))
        return told

    refused = "invalid_request"
    assert asyncio.run(go()) == ["authentication_progress", refused, refused, refused, "authentication_progress"]
