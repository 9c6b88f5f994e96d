"""A face's embedding: align, run face and mirror image, average. Which frames are worth it is decided elsewhere."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from camera.frame import Image
from inference.chip_network import ChipNetwork
from inference.manifest import EmbeddingModel, NetworkSpec
from inference.observation import Embedding
from inference.runtime import Floats, Network, Runtime, open_network


class Embedder:
    """One embedding network with its template and normalisation. Owned by the thread that calls it."""

    def __init__(self, model: NetworkSpec, network: Network) -> None:
        self.model = model
        self._chips = ChipNetwork(model, network, model.dimension)

    @classmethod
    def open(cls, model: EmbeddingModel, threads: int = 1, runtime: Runtime = "auto") -> Self:
        """Load the model's file, its hash checked, into a runtime with `threads` threads.

        Raises:
            ModelError: file altered or absent, no runtime, or tensors other than the manifest says.
        """
        return cls(model, open_network(model.read(), threads, runtime))

    @property
    def model_id(self) -> str:
        """The id that travels with every embedding of this network."""
        return self.model.id

    @property
    def runtime(self) -> str:
        """The runtime in use: `litert` or `tflite-runtime`."""
        return self._chips.runtime

    def close(self) -> None:
        """Let the network's memory go."""
        self._chips.close()

    def chip(self, image: Image, landmarks: npt.ArrayLike) -> Image:
        """The aligned face, (height, width, 3) uint8 BGR in the network's input size; `ChipNetwork.chip`.

        Raises:
            AlignmentError: the landmarks determine no similarity.
        """
        return self._chips.chip(image, landmarks)

    def embed(self, image: Image, landmarks: npt.ArrayLike) -> Embedding:
        """The face's embedding: the normalised mean over face and mirror image, (dimension,) float32, unit length.

        Raises:
            AlignmentError: the landmarks determine no similarity.
        """
        return self.embed_chip(self.chip(image, landmarks))

    def embed_chip(self, chip: Image) -> Embedding:
        """`embed` of a face that is already aligned: a chip as `chip` returns it."""
        both = self.embed_chips((chip, chip[:, ::-1]))
        return unit(both.sum(axis=0))

    def embed_chips(self, chips: Sequence[Image] | npt.NDArray[np.uint8]) -> Floats:
        """Unit vectors of chips as they are, no mirror images, (len(chips), dimension) float32."""
        outputs = [self._chips.run(chip) for chip in chips]
        return unit(np.array(outputs, dtype=np.float32).reshape(len(outputs), self.model.dimension))


def unit(vectors: Floats) -> Floats:
    """The vectors (last axis) scaled to length 1; a zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)
