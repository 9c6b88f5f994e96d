"""Observations from a vision process that was taken over: what the channel lets through never breaks control, nor its JSON."""

import asyncio
import json
import struct

import msgspec
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.errors import ApiError
from api.records import SessionKind
from api.sessions import SessionService
from api.settings import SessionSettings
from api.terms import NewSession
from api.wire import frame_answer, frame_message
from inference.channel import ChannelError, read_from_vision
from inference.observation import Observation

DIMENSION = 128
ODD = st.sampled_from([float("nan"), float("inf"), float("-inf"), -1.0, 0.0, 0.5, 1.0, 1e308, 2**62, -(2**62)])
NUMBER = st.one_of(ODD, st.floats(0, 1), st.floats(-1e6, 1e6))
COUNT = st.sampled_from([0, 1, 2, 5, 10**6, 2**62, -1])
UNIT = (np.ones(DIMENSION) / np.sqrt(DIMENSION)).astype("<f4").tobytes()
TURN = st.fixed_dictionaries(
    {
        "yaw": NUMBER,
        "at": NUMBER,
        "mesh": NUMBER,
        "nose": NUMBER,
        "corners": st.none() | NUMBER,
        "outliers": st.none() | NUMBER,
        "solid": st.sampled_from([None, True, False]),
    }
)
EMBEDDING = st.one_of(
    st.none(),
    st.just(UNIT),
    st.binary(max_size=40),
    st.sampled_from([b"\xff" * DIMENSION * 4, bytes(DIMENSION * 4), struct.pack("<f", float("nan")) * DIMENSION]),
)
SEEN = st.fixed_dictionaries(
    {
        "seq": COUNT,
        "time": NUMBER,
        "width": COUNT,
        "height": COUNT,
        "track": st.sampled_from([0, 1, 1, 1, 2, 2**62, -1]),
        "condition": st.sampled_from(["", "", "", "too_dark", "made\x00up", "x" * 5000]),
        "pose": st.one_of(st.none(), st.fixed_dictionaries({"yaw": NUMBER, "pitch": NUMBER, "roll": NUMBER})),
        "quality": st.one_of(st.none(), st.fixed_dictionaries({"score": NUMBER, "measures": st.just([])})),
        "liveness": st.one_of(
            st.none(),
            st.fixed_dictionaries(
                {
                    "frames": COUNT,
                    "blinks": COUNT,
                    "long_closures": COUNT,
                    "eyes_closed": st.booleans(),
                    "motion": NUMBER,
                    "closed_s": NUMBER,
                    "turns": st.lists(TURN, max_size=1),
                    "passive": st.none() | NUMBER,
                    "alarms": st.sampled_from([[], ["second_face"], ["second_face"] * 2, ["made up"]]),
                }
            ),
        ),
        "embedding": EMBEDDING,
        "exact": st.none() | st.binary(max_size=9),
        "scene": st.none() | COUNT,
        "timings_ms": st.dictionaries(st.text(max_size=3), NUMBER, max_size=2),
    }
)


def through_the_channel(seen: dict[str, object]) -> Observation | None:
    """The observation as control gets it; None where the channel refuses it."""
    body = msgspec.msgpack.encode({"type": "Judged", "request": 1, "observation": seen, "error": ""})

    async def go() -> Observation | None:
        reader = asyncio.StreamReader()
        reader.feed_data(struct.pack(">I", len(body)) + body)
        message = await read_from_vision(reader)
        return getattr(message, "observation", None)

    try:
        return asyncio.run(go())
    except ChannelError:
        return None


PASSED = []


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(frames=st.lists(SEEN, min_size=1, max_size=6), kind=st.sampled_from(list(SessionKind)), waived=st.booleans())
async def test_sessions_take_anything(store, recognition, clock, frames, kind, waived):
    sessions = SessionService(store, recognition, SessionSettings(sample_spacing_s=0.0), clock)
    wanted = NewSession(kind=kind, realm="office", user_id="u", client_id="c", require_liveness=not waived, target_samples=2)
    row = await sessions.create(wanted)
    for seen in frames:
        observation = await asyncio.to_thread(through_the_channel, seen)
        if observation is None:
            continue
        PASSED.append(1)
        clock.advance(0.1)
        try:
            told = await sessions.feed(row.token, observation)
        except ApiError:
            break
        for said in (frame_answer(told), frame_message(told)):
            json.dumps(said, allow_nan=False)


def test_the_channel_let_some_through():
    assert len(PASSED) > 20
