"""What the two vision instances have in common: the shape of their work, and how they open the embedding network."""

import asyncio
from typing import Protocol

from inference.channel import Hello
from inference.embedder import Embedder
from inference.landmarks import quiet_native_code
from inference.manifest import load_manifest
from inference.outlet import Outlet
from inference.settings import VisionSettings
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
    def dropped(self) -> int:
        """Frames captured and never looked at."""

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


def open_embedder(settings: VisionSettings) -> tuple[Embedder, float]:
    """The embedding network, and the cosine below which two embeddings of one track are not one person's.

    Raises:
        ModelError: manifest or model cannot be used.
    """
    model = load_manifest(settings.manifest).embedding
    with quiet_native_code():
        embedder = Embedder.open(model, settings.threads)
    return embedder, model.calibration.cosine_at_fmr(SWAP_FMR)


async def first_of(*waiting: "asyncio.Future[None]") -> None:
    """Wait for the first to end, take its result or exception, and cancel the others."""
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for future in done:
            future.result()
    finally:
        for future in waiting:
            future.cancel()
