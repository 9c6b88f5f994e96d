"""Clients' images judged by `vision@remote`, in fair turns. No image is looked into here."""

import asyncio
from collections.abc import Awaitable, Callable

from api.ports import ImageRefused, VisionUnavailable
from device.turns import Turns
from device.vision_link import VisionLink
from inference.channel import Forget, Judged
from inference.observation import Observation


class VisionRemote:
    """Implements `api.ports.RemoteVision` over a link.

    Args:
        link: the link to `vision@remote`.
        need: starts it where it is not running, and returns once it is connected.
        timeout_s: seconds that waiting for a turn, starting and judging may take together.
    """

    def __init__(self, link: VisionLink, need: Callable[[], Awaitable[None]], timeout_s: float) -> None:
        self._link = link
        self._need = need
        self._timeout_s = timeout_s
        self._turns = Turns()

    async def judge(self, stream: str, image: bytes, time: float, *, track: bool = True) -> Observation:
        """Look at one image as the next frame of `stream` (boot-time seconds).

        Raises:
            VisionUnavailable: not there, lost, or no answer in time.
            ImageRefused: the bytes are no usable image.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._in_turn(stream, image, time, track=track)
        except TimeoutError as error:
            raise VisionUnavailable(f"vision@remote did not answer within {self._timeout_s:g} s") from error
        except ConnectionError as error:
            raise VisionUnavailable(f"vision@remote: {error}") from error
        if answer.observation is None:
            raise ImageRefused(answer.error or "invalid_frame")
        return answer.observation

    async def _in_turn(self, stream: str, image: bytes, time: float, *, track: bool) -> Judged:
        await self._need()  # all wait together for a vision that starts, or are refused together
        await self._turns.enter(stream)
        try:
            await self._need()
            answer = self._link.ask(stream, image, time, track=track)
        except BaseException:
            self._turns.leave(stream)
            raise
        # Vision looks at what it was sent, whether or not the client is still there: the turn is as long as that takes.
        answer.add_done_callback(lambda done: self._answered(stream, done))
        return await asyncio.shield(answer)

    def _answered(self, stream: str, answer: "asyncio.Future[Judged]") -> None:
        self._turns.leave(stream)
        if not answer.cancelled():
            answer.exception()  # looked at, whether or not anybody waits for it

    async def forget(self, stream: str) -> None:
        """Free what is kept for the stream; nothing is started for it."""
        self._link.send(Forget(stream))
