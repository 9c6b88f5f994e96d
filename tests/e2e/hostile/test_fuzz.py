"""Damaged images on the whole way through the real vision process: an answer each, and the process lives on."""

import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FRAME = "/api/auth/authentication/process-frame/"
BOUNDED = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
DAMAGE = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=16)), max_size=8)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_damaged_images(served, face, as_file, kind):
    good = as_file(face.resize((320, 320 * face.height // face.width)), kind)
    token = served.session()["session_token"]
    pid = served.vision.supervisor.pid
    codes = set()

    @BOUNDED
    @given(damage=DAMAGE, keep=st.floats(0.02, 1))
    def run(damage, keep):
        content = bytearray(good[: int(len(good) * keep)])
        for place, change in damage:
            at = int(place * len(content))
            content[at : at + len(change)] = change
        body = {"session_token": token, "frame_data": base64.b64encode(content).decode()}
        status, said = served.call("POST", FRAME, json=body)
        codes.add((status, said.get("error_code") if status != 200 else None))

    run()
    assert codes <= {(200, None), (400, "invalid_frame"), (413, "frame_too_large"), (415, "unsupported_image")}
    assert (400, "invalid_frame") in codes
    assert served.vision.supervisor.pid == pid
    assert served.vision.supervisor.condition.restarts == 0
