"""How hard `vision@camera` works: attention, heat and the source's own rate brought together, frame by frame."""

from collections.abc import Callable

import msgspec

from camera.controls import EARLY, Area, CameraControls
from camera.frame import Frame
from inference.attention import Attention
from inference.channel import Work
from inference.governor import Governor
from inference.observation import Observation
from inference.settings import ProcessSettings
from inference.thermal import Heat, read_heat

HEAT_S = 2.0
"""Seconds between two readings of the board's sensors."""


class Pacing:
    """Decides which frames go through the pipeline, and hands the camera what follows from them. Used by one thread.

    Args:
        settings: rates and limits.
        controls: the camera's.
        lossless: every frame is wanted, as of a file that is read faster than real time: nothing is left out.
        heat: reads the board's sensors.
    """

    def __init__(
        self, settings: ProcessSettings, controls: CameraControls, *, lossless: bool, heat: Callable[[], Heat] = read_heat
    ) -> None:
        vision = settings.vision
        self._attention = Attention(0.0 if lossless else vision.idle_after_s)
        self._governor = Governor(settings.camera.fps, vision.hot_c)
        self._idle_fps = min(vision.idle_fps, settings.camera.fps)
        self._controls, self._lossless, self._read = controls, lossless, heat
        self._heat, self._felt = Heat(), -1e9
        self._asked = settings.camera.fps
        self._looked = -1e9

    @property
    def work(self) -> Work:
        """How hard it works now."""
        return Work(self._attention.idle, round(self._fps, 1), self._heat)

    @property
    def _fps(self) -> float:
        return self._idle_fps if self._attention.idle else self._governor.fps

    def due(self, frame: Frame) -> bool:
        """Whether this frame is looked at at all: a camera that cannot be slowed down delivers more than is wanted."""
        if self._lossless:
            return True
        if frame.time - self._felt >= HEAT_S:
            self._felt, self._heat = frame.time, self._read()
            self._governor.feel(self._heat)
        if frame.time - self._looked < EARLY / self._fps:
            return False
        self._looked = frame.time
        return True

    def worth(self, frame: Frame) -> bool:
        """Whether it goes through the pipeline; else `resting` says all there is to say of it."""
        worth = self._attention.worth(frame.image, frame.time)
        if not self._lossless and self._fps != self._asked:
            self._asked = self._fps
            self._controls.rate(self._fps, resting=self._attention.idle)
        return worth

    def resting(self, frame: Frame) -> Observation:
        """The observation of a frame in which nothing moved."""
        height, width = frame.image.shape[:2]
        return Observation(
            seq=frame.seq, time=frame.time, width=width, height=height, condition="no_face_detected", idle=True, grey=self._grey
        )

    def saw(self, observation: Observation) -> Observation:
        """Learn from what the pipeline saw, and tell the camera where the face is; the observation with what is known here."""
        self._attention.saw(observation.time, faces=bool(observation.faces))
        self._controls.meter(*face_light(observation))
        return msgspec.structs.replace(observation, idle=self._attention.idle, grey=self._grey)

    @property
    def _grey(self) -> float | None:
        grey = self._attention.grey
        return None if grey is None else round(grey, 1)


def face_light(observation: Observation) -> tuple[Area | None, float | None]:
    """Where the candidate's face is, and its mean grey value, for the camera's exposure."""
    if not observation.track or not observation.faces or observation.quality is None:
        return None, None
    box, width, height = observation.faces[0], observation.width, observation.height
    grey = next((measure.value for measure in observation.quality.measures if measure.name == "exposure"), None)
    return Area(box.x / width, box.y / height, box.width / width, box.height / height), grey
