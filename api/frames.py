"""Clients' frames on their way through vision into their session: timed, in order, one in flight a session. No HTTP here."""

import asyncio
import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from api.clock import Clock
from api.errors import MESSAGE, ApiError
from api.feedback import Feedback
from api.ports import ImageRefused, RemoteVision, VisionUnavailable
from api.records import SessionStatus
from api.sessions import SessionService

_SLACK_S = 0.25
"""What clients' times may span more than the time since the call before: its clock, and the network, are not even."""
_SPACING_S = 0.1
"""Seconds between the frames of a batch that says nothing of its times, where as much has passed."""


@dataclass(frozen=True, slots=True)
class TimedImage:
    """One image of a call, with the client's own times, which only order and space frames."""

    image: bytes
    t_s: float | None = None
    """Seconds from any start, the same for the whole call."""
    timestamp: float | None = None
    """POSIX seconds by the client's clock."""


@dataclass(slots=True)
class _Stream:
    """One session's frames: when the last call came, by our clock and by the client's."""

    opened: float
    arrived: float | None = None
    timestamp: float | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    calls: int = 0


class FrameDesk:
    """Takes frames of remote sessions. Raises `ApiError` only, and `StoreError` where a decision cannot be kept."""

    def __init__(self, vision: RemoteVision, sessions: SessionService, clock: Clock) -> None:
        self._vision = vision
        self._sessions = sessions
        self._clock = clock
        self._streams: dict[str, _Stream] = {}

    async def judge(self, token: str, images: Sequence[TimedImage]) -> Feedback:
        """Judge one image or a batch in order; the answer to the last one that was looked at.

        Raises:
            ApiError: a newer call took this one's place, times refused, vision not ready, bytes that are no image, or a
                session that is over.
        """
        arrived = self._clock.boot()
        stream = self._streams.setdefault(token, _Stream(arrived))
        stream.calls += 1
        call = stream.calls
        async with stream.lock:
            if call != stream.calls:
                raise ApiError("superseded")
            times = _times(stream, images, arrived)
            told = None
            for image, time in zip(images, times, strict=True):
                told = await self._one(token, image.image, time)
                if told.status is not SessionStatus.ACTIVE:
                    await self.forget(token)
                    break
        if told is None:
            raise ApiError("invalid_frame", "a call needs a frame")
        return told

    async def forget(self, token: str) -> None:
        """Free what is kept of the session, here and in vision."""
        if self._streams.pop(token, None) is not None:
            await self._vision.forget(_stream_id(token))

    async def _one(self, token: str, image: bytes, time: float) -> Feedback:
        # A session that is over must not cost vision a frame.
        ended = await self._sessions.ended(token)
        if ended is not None:
            return ended
        try:
            observation = await self._vision.judge(_stream_id(token), image, time)
        except VisionUnavailable as gone:
            raise ApiError("vision_unavailable", retry_after_s=gone.retry_after_s) from None
        except ImageRefused as refused:
            raise ApiError(refused.code if refused.code in MESSAGE else "invalid_frame") from None
        return await self._sessions.feed(token, observation)


def _stream_id(token: str) -> str:
    """The token is a secret between client and control: vision knows the stream by another name."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def _times(stream: _Stream, images: Sequence[TimedImage], arrived: float) -> list[float]:
    """Boot-time seconds of each image: the last is as late as its arrival, each of the others earlier than the next."""
    since = arrived - (stream.opened if stream.arrived is None else stream.arrived)
    timestamp = images[-1].timestamp if images else None
    if timestamp is not None and stream.timestamp is not None:
        _check((stream.timestamp, timestamp), since)
    told = _told(images, since)
    gap = min(_SPACING_S, since / max(1, len(images)))
    stream.arrived, stream.timestamp = arrived, timestamp
    if told:
        return [arrived - (told[-1] - time) for time in told]
    return [arrived - gap * back for back in reversed(range(len(images)))]


def _told(images: Sequence[TimedImage], since: float) -> list[float]:
    told = [image.t_s for image in images if image.t_s is not None]
    if told and len(told) != len(images):
        raise ApiError("invalid_request", "either every frame of a call has a time, or none", status=422)
    _check(told, since)
    return told


def _check(times: Sequence[float], since: float) -> None:
    if any(later <= earlier for earlier, later in itertools.pairwise(times)):
        raise ApiError("invalid_request", "frame times stand still or go back", status=422)
    if times and times[-1] - times[0] > since + _SLACK_S:
        raise ApiError("invalid_request", "frame times span more than the time that has passed", status=422)
