"""The running kiosk's camera, as operators' commands use it: to look on, or for themselves while no visit is judged."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.feedback import Feedback
from device.board import Board
from device.command import OperationRefused
from device.feed import Subscription
from device.keeper import Keeper
from device.kiosk import Kiosk
from device.kiosk_parts import KioskReserved, enrolling
from device.vision_link import VisionLink
from inference.observation import Observation

DEPTH = 2
"""Observations that may wait for an operator's command; older ones go."""


class KioskCamera:
    """Implements `device.enrolling.LocalCamera` beside a running kiosk."""

    def __init__(self, link: VisionLink, supervisor: Keeper, kiosk: Kiosk, board: Board) -> None:
        self._link = link
        self._supervisor = supervisor
        self._kiosk = kiosk
        self._board = board

    @property
    def live(self) -> bool:
        """Whether it shows what is there now; until vision has said so, it counts as live."""
        return self._link.hello is None or self._link.hello.live

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Subscription[Observation]]:
        """What the camera's pipeline sees, until the context ends.

        Raises:
            OperationRefused: the camera does not work; the message says why.
        """
        if self._link.hello is None:
            why = self._supervisor.condition.message or "it is starting; try again in a moment"
            raise OperationRefused("vision_unavailable", f"the camera does not work: {why}")
        with self._link.observations.subscribe(DEPTH) as subscription:
            yield subscription

    @asynccontextmanager
    async def reserve(self) -> AsyncIterator[Subscription[Observation]]:
        """The same, while nobody's visit is judged.

        Raises:
            OperationRefused: the camera does not work, or somebody else has reserved it.
        """
        try:
            async with self.look() as view, self._kiosk.reserved():
                yield view
        except KioskReserved as error:
            raise OperationRefused("camera_reserved", str(error)) from error

    def tell(self, feedback: Feedback) -> None:
        """Say what the person in front is asked now, on the screen and to the source, and how far the enrolment is."""
        self._link.instruct(feedback.instruction)
        self._board.show(enrolling(feedback))

    def release(self) -> None:
        """Ask the source for nothing any more; the screen stays as it is."""
        self._link.instruct("")

    def conclude(self, *, enrolled: bool) -> None:
        """Say on the screen how the enrolment ended, for as long as a visit's result stays."""
        self._kiosk.concluded(enrolled=enrolled)
