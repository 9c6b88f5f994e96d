"""`vision@remote` at work: clients' images, each judged as the next frame of its stream or as a photo. No camera here."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable

import msgspec

from camera.frame import Frame
from inference.channel import ChannelError, Forget, Hello, Judge, Judged, read_from_control
from inference.decode import ImageRefused, decode
from inference.duty import Networks
from inference.fingerprint import exact
from inference.graphs import Graphs
from inference.landmarks import MediaPipeFinder, MediaPipeMesher
from inference.outlet import Outlet
from inference.pipeline import Pipeline
from inference.settings import ProcessSettings, VisionSettings
from inference.worker import Worker

log = logging.getLogger(__name__)


class RemoteDuty:
    """The remote instance."""

    def __init__(self, settings: ProcessSettings) -> None:
        self._process = settings
        self._settings = settings.vision
        self._networks: Networks | None = None
        self._graphs = Graphs(MediaPipeFinder, lambda: MediaPipeMesher(tracking=True), settings.vision.max_graphs)
        self._judge: StreamJudge | None = None

    @property
    def captured(self) -> int:
        """Images judged since the start."""
        return 0 if self._judge is None else self._judge.judged

    @property
    def idle(self) -> bool:
        """Whether no image is being judged: while one is, the loop that asks stands still, and so does the watchdog's feeding."""
        return True

    @property
    def dropped(self) -> int:
        """None ever: every image is answered."""
        return 0

    @property
    def at_work(self) -> None:
        """It works when it is asked."""
        return

    def open(self) -> Hello:
        """Load the models."""
        networks, settings, graphs = Networks.open(self._process), self._settings, self._graphs
        self._networks = networks
        self._judge = StreamJudge(settings, lambda: networks.stream(settings, graphs), lambda: networks.photos(settings))
        return networks.hello("remote", "clients", live=False)

    async def work(self, outlet: Outlet, worker: Worker) -> None:
        """Answer one image after the other until control closes the connection; control waits, nothing is queued here.

        Judged in the loop's own thread: a lone session waits for every hand-over between threads, and while an image is judged
        there is nothing else to do. One that never ends keeps SIGTERM waiting; the supervisor then kills.
        """
        judge = self._judge
        if judge is None:
            raise RuntimeError("open comes before work")
        while (message := await read_from_control(outlet.reader)) is not None:
            match message:
                case Judge():
                    await outlet.deliver(judge.judge(message))
                case Forget(stream=stream):
                    judge.forget(stream)
                case _:
                    raise ChannelError(f"vision@remote takes no {type(message).__name__}")
            await asyncio.sleep(0)  # signals and heartbeats have their turn, however much there is to judge

    def stop(self) -> None:
        """Nothing runs for long."""

    def close(self) -> None:
        """Release graphs and network."""
        for part in (self._judge, self._graphs, self._networks):
            if part is not None:
                part.close()


class StreamJudge:
    """Judges one image after the other, in one thread.

    Each stream has a pipeline of its own, which keeps what its track has shown; the graphs are lent (`Graphs`). There are never
    more than `max_streams`: then the stream that was quiet for longest begins anew with its next frame.

    Args:
        settings: limits.
        stream: makes a tracking pipeline.
        photos: makes the pipeline of photos.
    """

    def __init__(self, settings: VisionSettings, stream: Callable[[], Pipeline], photos: Callable[[], Pipeline]) -> None:
        self._settings, self._make_stream, self._make_photos = settings, stream, photos
        self._streams: OrderedDict[str, Pipeline] = OrderedDict()
        self._photos: Pipeline | None = None
        self.judged = 0
        """Images judged since the start, refused ones included."""

    def judge(self, request: Judge) -> Judged:
        """Look at one image; what goes wrong becomes the answer's error code."""
        self.judged += 1
        try:
            image = decode(request.image, self._settings.max_pixels)
        except ImageRefused as refused:
            return Judged(request.request, error=refused.code)
        pipeline = self._pipeline(request)
        try:
            observation = pipeline.observe(Frame(self.judged, request.time, image))
        except Exception:
            # A graph that failed once stays broken; the stream goes on with another.
            log.exception("an image could not be judged")
            self._discard(request)
            return Judged(request.request, error="internal_error")
        return Judged(request.request, msgspec.structs.replace(observation, exact=exact(request.image)))

    def forget(self, stream: str) -> None:
        """The stream is over."""
        pipeline = self._streams.pop(stream, None)
        if pipeline is not None:
            pipeline.close()

    def close(self) -> None:
        """Release all pipelines."""
        for pipeline in self._streams.values():
            pipeline.close()
        self._streams.clear()
        if self._photos is not None:
            self._photos.close()
            self._photos = None

    def _pipeline(self, request: Judge) -> Pipeline:
        if not request.track:
            self._photos = self._photos or self._make_photos()
            return self._photos
        if request.stream not in self._streams:
            if len(self._streams) >= self._settings.max_streams:
                self.forget(next(iter(self._streams)))
            self._streams[request.stream] = self._make_stream()
        self._streams.move_to_end(request.stream)
        return self._streams[request.stream]

    def _discard(self, request: Judge) -> None:
        if request.track:
            self._streams.pop(request.stream).close()
        elif self._photos is not None:
            self._photos.close()
            self._photos = None
