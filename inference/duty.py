"""What the two vision instances have in common: the shape of their work, and how they open the networks."""

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol, Self

from inference.catalogue import covering as find_covering
from inference.catalogue import liveness as find_liveness
from inference.channel import Hello, Work
from inference.covering import CoveringDetector
from inference.embedder import Embedder
from inference.graphs import Graphs
from inference.landmarks import quiet_native_code
from inference.liveness.network import PassiveNetwork
from inference.manifest import load_manifest
from inference.outlet import Outlet
from inference.pipeline import Pipeline
from inference.settings import ProcessSettings, VisionSettings
from inference.worker import Worker

SWAP_FMR = 0.1
"""Two embeddings of one track that even the bar of this false match rate tells apart are two persons'. Frames that follow each
other on one track of the clips measured lie well above it."""


class Duty(Protocol):
    """The work of one vision instance. All that blocks runs in the worker's thread."""

    @property
    def captured(self) -> int:
        """Number of the last capture, or of images judged: what progress is seen by."""

    @property
    def idle(self) -> bool:
        """Whether nothing is to be done, so that no progress is owed."""

    @property
    def dropped(self) -> int:
        """Frames captured and never looked at."""

    @property
    def at_work(self) -> Work | None:
        """How hard it works, where that changes; told with every heartbeat."""

    def open(self) -> Hello:
        """Load models, open the camera; in the worker's thread.

        Raises:
            ModelError: the model cannot be used.
            CameraError: the camera cannot.
        """

    async def work(self, outlet: Outlet, worker: Worker) -> None:
        """Work until control closes the connection.

        Raises:
            ChannelError: control broke the protocol.
            ConnectionError: control is gone.
            CameraError: the source is over or has failed.
        """

    def stop(self) -> None:
        """End what runs in the worker's thread soon; from any thread."""

    def close(self) -> None:
        """Release everything, also after an `open` that failed; in the worker's thread."""


@dataclass(frozen=True, slots=True)
class Networks:
    """The networks of one vision process. Owned by the worker's thread."""

    embedder: Embedder
    same_person: float
    """Cosine of the embedder below which two embeddings of one track are not one person's."""
    beside: Embedder | None
    """In a transition: the network from which the device is moving on."""
    covering: CoveringDetector | None
    passive: PassiveNetwork | None

    @classmethod
    def open(cls, settings: ProcessSettings) -> Self:
        """Load every network that the settings and the folders of models come to.

        Raises:
            ModelError: a manifest or model cannot be used; nothing stays open.
        """
        model = load_manifest(settings.vision.manifest).embedding
        second = None if settings.beside is None else load_manifest(settings.beside).embedding
        shade, eye = find_covering(settings.vision), find_liveness(settings.vision)
        with quiet_native_code(), ExitStack() as opened:
            embedder = Embedder.open(model, settings.vision.threads)
            opened.callback(embedder.close)
            beside = None if second is None else Embedder.open(second, settings.vision.threads)
            covering = None if shade is None else CoveringDetector.open(shade)
            passive = None if eye is None else PassiveNetwork.open(eye)
            opened.pop_all()
        return cls(embedder, model.calibration.cosine_at_fmr(SWAP_FMR), beside, covering, passive)

    def hello(self, instance: str, source: str, *, live: bool) -> Hello:
        """What control is told first."""
        beside = "" if self.beside is None else self.beside.model_id
        return Hello(instance, self.embedder.model_id, source, live=live, beside_id=beside)

    def stream(self, settings: VisionSettings, graphs: Graphs | None = None) -> Pipeline:
        """A pipeline that follows a candidate, by graphs of its own or lent ones."""
        beside, covering, passive = self.beside, self.covering, self.passive
        return Pipeline.stream(
            self.embedder, settings, self.same_person, beside=beside, covering=covering, passive=passive, graphs=graphs
        )

    def photos(self, settings: VisionSettings) -> Pipeline:
        """A pipeline of single pictures."""
        return Pipeline.photos(self.embedder, settings, covering=self.covering, passive=self.passive)

    def close(self) -> None:
        """Let the networks' memory go."""
        for network in (self.embedder, self.beside, self.covering, self.passive):
            if network is not None:
                network.close()


async def first_of(*waiting: "asyncio.Future[None]") -> None:
    """Wait for the first to end, take its result or exception, and cancel the others."""
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for future in done:
            future.result()
    finally:
        for future in waiting:
            future.cancel()
