"""Frames' times by property: whatever a client says, times are in order and none is later than its arrival, or it is refused."""

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import ApiError
from api.frames import FrameDesk, TimedImage
from api.ports import ImageRefused
from api.records import SessionKind, SessionStatus
from api.sessions import SessionService
from api.settings import SessionSettings
from api.terms import NewSession

NUMBERS = st.one_of(
    st.none(),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from([0.0, 0.02, 0.1, 0.35, 1e12, -1.0]),
)
CALLS = st.lists(
    st.tuples(st.floats(0, 5), st.lists(NUMBERS, min_size=1, max_size=8), NUMBERS),
    min_size=1,
    max_size=6,
)


class Noting:
    """Notes each frame's time, and refuses the image, so that no session is needed."""

    def __init__(self) -> None:
        self.times: list[float] = []

    async def judge(self, stream: str, image: bytes, time: float, *, track: bool = True):
        self.times.append(time)
        raise ImageRefused("invalid_frame")

    async def forget(self, stream: str) -> None: ...


@pytest.fixture
def desk(store, recognition, clock):
    vision = Noting()
    sessions = SessionService(store, recognition, SessionSettings(), clock)
    return FrameDesk(vision, sessions, clock), vision, sessions


@given(calls=CALLS)
async def test_any_times_are_in_order_or_refused(calls):
    from api.frames import _Stream, _times  # the rule itself: a desk would need a session for every example

    now, stream = 100.0, _Stream(100.0)
    for pause, told, timestamp in calls:
        now += pause
        images = [TimedImage(b"", time, timestamp) for time in told]
        before = (stream.arrived, stream.timestamp)
        outcome: list[float] | tuple[str, int]
        try:
            outcome = _times(stream, images, now)
        except ApiError as refused:
            outcome = (refused.code, refused.status)
        if isinstance(outcome, tuple):
            assert outcome == ("invalid_request", 422)
            assert (stream.arrived, stream.timestamp) == before
            continue
        times = outcome
        assert len(times) == len(images)
        assert times[-1] == now
        assert all(earlier <= later for earlier, later in itertools.pairwise(times))
        since = now - (100.0 if before[0] is None else before[0])
        assert times[-1] - times[0] <= since + 0.25 + 1e-6


async def test_what_is_refused_reaches_no_vision(desk, clock):
    frames, vision, sessions = desk
    row = await sessions.create(NewSession(kind=SessionKind.AUTHENTICATION, realm="office", client_id="c"))
    for told in ([0.0, 0.0], [1.0, 0.5], [0.0, 99.0], [0.0, None]):
        with pytest.raises(ApiError):
            await frames.judge(row.token, [TimedImage(b"x", time) for time in told])
    assert vision.times == []
    assert (await sessions.row(row.token)).status is SessionStatus.ACTIVE
    with pytest.raises(ApiError, match="invalid_frame"):
        await frames.judge(row.token, [TimedImage(b"x", 0.0), TimedImage(b"x", 0.1)])
    assert vision.times == [clock.boot() - 0.1]


async def test_a_call_without_frames_is_refused(desk):
    frames, vision, sessions = desk
    row = await sessions.create(NewSession(kind=SessionKind.AUTHENTICATION, realm="office", client_id="c"))
    with pytest.raises(ApiError, match="invalid_frame"):
        await frames.judge(row.token, [])
    assert vision.times == []


async def test_of_calls_that_wait_for_one_session_only_the_newest_is_looked_at(store, recognition, clock, seen):
    class Gated:
        def __init__(self) -> None:
            self.images: list[bytes] = []
            self.begun, self.gate = asyncio.Event(), asyncio.Event()

        async def judge(self, stream: str, image: bytes, time: float, *, track: bool = True):
            self.images.append(image)
            self.begun.set()
            await self.gate.wait()
            return seen(len(self.images), time=time)

        async def forget(self, stream: str) -> None: ...

    vision, sessions = Gated(), SessionService(store, recognition, SessionSettings(), clock)
    frames = FrameDesk(vision, sessions, clock)
    row = await sessions.create(NewSession(kind=SessionKind.AUTHENTICATION, realm="office", client_id="c"))
    calls = [asyncio.ensure_future(frames.judge(row.token, [TimedImage(image)])) for image in (b"1", b"2", b"3", b"4")]
    await vision.begun.wait()
    vision.gate.set()
    told = await asyncio.gather(*calls, return_exceptions=True)
    assert vision.images == [b"1", b"4"]
    assert [each.code for each in told[1:3]] == ["superseded", "superseded"]
    assert [each.status for each in (told[0], told[3])] == [SessionStatus.ACTIVE, SessionStatus.ACTIVE]
