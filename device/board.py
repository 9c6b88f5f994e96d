"""What the kiosk's screen shows, as one value that is replaced as a whole. How it is drawn is the page's business."""

from enum import StrEnum

import msgspec

from device.feed import Feed
from device.screen_settings import ScreenNotice
from inference.observation import Box, Observation


class Phase(StrEnum):
    """What is going on at the kiosk."""

    STARTING = "starting"
    WAITING = "waiting"
    VISIT = "visit"
    RESULT = "result"
    PAD = "pad"
    """Somebody types a user number and a PIN; nobody's face is judged."""
    FACTOR = "factor"
    """The face was recognised; a PIN or a card of the same person is asked for as the make-up."""
    PAUSE = "pause"
    """The cool-down after a failure."""
    RESERVED = "reserved"
    """An operator enrols somebody at this camera."""
    CLOSED = "closed"
    """Out of service; the door stays shut."""


class Notice(msgspec.Struct, frozen=True):
    """What runs here, always on the screen."""

    source: str = ""
    live: bool = False
    policy: str = ""
    door: str = ""
    ways: tuple[str, ...] = ()
    """Ways in beside the face: `pin`, `card`."""
    frontage: str = "staff"
    """`staff` or `public`: whose door it is, and so what people are told."""
    screen: ScreenNotice = ScreenNotice()


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """All that the screen shows now. Codes are those of the wire contract; the page has the words."""

    phase: Phase = Phase.STARTING
    instruction: str = ""
    condition: str = ""
    progress: float = 0.0
    outcome: str = ""
    reason: str = ""
    name: str = ""
    """Whom to welcome; empty unless somebody was let in."""
    language: str = ""
    """That of whom to welcome, where the person's record has one."""
    seconds: float = 0.0
    """How long a pause still lasts, or until the next PIN or card may be tried."""
    confirm: bool = False
    """Whether the person, let in by PIN or card, may confirm a pending enrolment by a look into the camera now."""
    face: Box | None = None
    """The candidate, in pixels of a frame of `width` x `height`."""
    width: int = 0
    height: int = 0
    door: str = "locked"
    dim: bool = False
    """Nobody is there: the screen is dark."""
    fill: bool = False
    """It is too dark to see a face: the screen's border is the light."""
    notice: Notice = Notice()


class Board:
    """The sign that is shown, and a feed of its changes."""

    def __init__(self, notice: Notice = Notice()) -> None:  # noqa: B008  # a frozen value
        self.sign = Sign(notice=notice)
        self.changes: Feed[Sign] = Feed()

    def show(self, sign: Sign) -> None:
        """Replace the sign; its notice and what is around it stay."""
        now = self.sign
        self._put(msgspec.structs.replace(sign, notice=now.notice, dim=now.dim, fill=now.fill))

    def note(self, notice: Notice) -> None:
        """Replace the notice alone."""
        self._put(msgspec.structs.replace(self.sign, notice=notice))

    def ambient(self, *, dim: bool, fill: bool) -> None:
        """Replace what is around the sign alone."""
        self._put(msgspec.structs.replace(self.sign, dim=dim, fill=fill))

    def _put(self, sign: Sign) -> None:
        if sign != self.sign:
            self.sign = sign
            self.changes.publish(sign)


def framed(sign: Sign, observation: Observation) -> Sign:
    """The sign with the place of the candidate's face."""
    face = observation.faces[0] if observation.track and observation.faces else None
    return msgspec.structs.replace(sign, face=face, width=observation.width, height=observation.height)
