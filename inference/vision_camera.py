"""`vision@camera` at work: observes the newest frame, makes previews while somebody watches. It takes no bytes from anybody."""

import asyncio
import threading
from collections.abc import Callable

import cv2
import numpy as np

from camera.capture import Capture
from camera.controls import EARLY
from camera.frame import Frame, Image, boot_time
from camera.open import open_capture
from inference.channel import ChannelError, Embed, Hello, Instruct, Preview, Seen, Watch, Work, read_from_control
from inference.duty import Networks, first_of
from inference.observation import Observation
from inference.outlet import Outlet
from inference.pacing import Pacing
from inference.pipeline import Pipeline
from inference.settings import ProcessSettings
from inference.worker import Worker

_TAKE_S = 0.25
"""Seconds after which a wait for a frame looks whether it is still wanted."""
_PREVIEW_QUALITY = 70
FIRST_MARGIN_S = 1.0
"""Seconds beyond the source's own limit for which the watchdog waits for the first frame."""


class CameraDuty:
    """The camera instance."""

    def __init__(self, settings: ProcessSettings) -> None:
        self._settings = settings
        self._stopped = threading.Event()
        self._watched = False
        self._previewed = -1e9
        self._owing_from = 0.0
        self._networks: Networks | None = None
        self._pipeline: Pipeline | None = None
        self._capture: Capture | None = None
        self._pacing: Pacing | None = None

    @property
    def at_work(self) -> Work | None:
        """How hard it works; None before it does."""
        return None if self._pacing is None else self._pacing.work

    @property
    def captured(self) -> int:
        """Number of the last capture."""
        return 0 if self._capture is None else self._capture.last_seq

    @property
    def idle(self) -> bool:
        """Whether it still has time for its first frame; from then on a camera owes frames."""
        return self.captured == 0 and boot_time() < self._owing_from

    @property
    def dropped(self) -> int:
        """Frames captured and replaced by a newer one before they were looked at."""
        return 0 if self._capture is None else self._capture.dropped

    def open(self) -> Hello:
        """Load the models, then open the camera: its frames are looked at from the first on."""
        self._networks = Networks.open(self._settings)
        self._pipeline = self._networks.stream(self._settings.vision)
        self._pipeline.embedding = False  # control says when
        self._capture = open_capture(self._settings.camera)
        source = self._capture.source
        # The source itself is to say first that no frame came.
        self._owing_from = boot_time() + self._settings.camera.patience_s(first=True) + FIRST_MARGIN_S
        self._pacing = Pacing(self._settings, source.controls, lossless=self._capture.lossless)
        return self._networks.hello("camera", source.name, live=source.live)

    async def work(self, outlet: Outlet, worker: Worker) -> None:
        """Observe until control closes the connection, or the source is over."""
        capture, pipeline, pacing = self._capture, self._pipeline, self._pacing
        if capture is None or pipeline is None or pacing is None:
            raise RuntimeError("open comes before work")
        loop = asyncio.get_running_loop()
        observing = worker.call(
            self._observe, capture, pipeline, pacing, lambda message: loop.call_soon_threadsafe(outlet.offer, message)
        )
        await first_of(observing, asyncio.ensure_future(self._listen(outlet, capture)))

    def stop(self) -> None:
        """End the observing after the frame at hand."""
        self._stopped.set()

    def close(self) -> None:
        """Release camera, graphs and network."""
        for part in (self._capture, self._pipeline, self._networks):
            if part is not None:
                part.close()

    async def _listen(self, outlet: Outlet, capture: Capture) -> None:
        while (message := await read_from_control(outlet.reader)) is not None:
            match message:
                case Watch(on=on):
                    self._watched = on
                    capture.source.controls.watch(on=on)
                case Instruct(instruction=instruction):
                    capture.source.instruct(instruction)
                case Embed(on=on) if self._pipeline is not None:
                    self._pipeline.embedding = on
                case _:
                    raise ChannelError(f"vision@camera takes no {type(message).__name__}")

    def _observe(self, capture: Capture, pipeline: Pipeline, pacing: Pacing, send: Callable[[Seen | Preview], object]) -> None:
        while not self._stopped.is_set():
            try:
                frame = capture.take(_TAKE_S)
            except TimeoutError:
                continue
            if not pacing.due(frame):
                continue
            send(Seen(_observed(frame, pipeline, pacing)))
            if self._watched and self._due(frame):
                view = frame.image if frame.view is None else frame.view
                send(Preview(frame.seq, preview_jpeg(view, self._settings.vision.preview_width)))

    def _due(self, frame: Frame) -> bool:
        if frame.time - self._previewed < EARLY / self._settings.vision.preview_fps:
            return False
        self._previewed = frame.time
        return True


def _observed(frame: Frame, pipeline: Pipeline, pacing: Pacing) -> Observation:
    if not pacing.worth(frame):
        return pacing.resting(frame)
    return pacing.saw(pipeline.observe(frame))


def preview_jpeg(image: Image, width: int) -> bytes:
    """A small JPEG of the frame, `width` pixels wide unless the frame is narrower, not mirrored."""
    if image.shape[1] > width:
        height = max(1, round(image.shape[0] * width / image.shape[1]))
        image = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _PREVIEW_QUALITY])
    return bytes(jpeg)
