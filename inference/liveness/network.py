"""The passive liveness network: whether one picture is of a live face. What follows from its score is decided elsewhere."""

from collections.abc import Sequence
from typing import Self

import numpy as np

from camera.frame import Image
from inference.liveness.crops import CropError, Square, crop, face_square
from inference.manifest import LivenessModel, LivenessSpec
from inference.mesh import Landmarks
from inference.runtime import Floats, ModelMismatch, Network, Runtime, open_network

LEAST_INSIDE = 0.9
"""Share of the face's square that must lie within the picture. A face cut off at the border is not judged: crops that are
moved back into the picture would show the network another framing than it learned."""


class PassiveNetwork:
    """The network with its crops and normalisation. Owned by the thread that calls it."""

    def __init__(self, model: LivenessSpec, network: Network) -> None:
        """`ModelMismatch`: the network's tensors are other than the manifest says."""
        self.model = model
        self._network = network
        count = len(model.crops)
        self._mean = np.tile(np.array(model.input.mean, np.float32), count)
        self._scale = 1 / np.tile(np.array(model.input.std, np.float32), count)
        shape = (1, model.input.height, model.input.width, 3 * count)
        if network.input_shape != shape or network.output_shape != (1, 1) or model.input.width != model.input.height:
            raise ModelMismatch(
                f"{model.id}: the network maps {network.input_shape} to {network.output_shape}, "
                f"the manifest says {shape} to (1, 1), of square crops"
            )

    @classmethod
    def open(cls, model: LivenessModel, runtime: Runtime = "auto") -> Self:
        """Load the model's file, its hash checked, into a runtime with one thread.

        Raises:
            ModelError: file altered or absent, no runtime, or tensors other than the manifest says.
        """
        return cls(model, open_network(model.read(), 1, runtime))

    @property
    def runtime(self) -> str:
        """The runtime in use: `litert` or `tflite-runtime`."""
        return self._network.runtime

    def close(self) -> None:
        """Let the network's memory go."""
        self._network.close()

    def score(self, image: Image, landmarks: Landmarks) -> float:
        """That the face is live, 0 (attack) to 1.

        Args:
            image: the picture, BGR.
            landmarks: (N, 2 or more) FaceMesh landmarks in its pixels.

        Raises:
            CropError: the face is cut off by the picture's border, or there is none.
        """
        return self.score_square(image, face_square(landmarks))

    def score_square(self, image: Image, square: Square) -> float:
        """`score` of the face in that square."""
        return self.score_crops(self.crops(image, square))

    def crops(self, image: Image, square: Square) -> tuple[Image, ...]:
        """What the network looks at, each (height, width, 3) uint8 BGR.

        Raises:
            CropError: the square is cut off by the picture's border.
        """
        height, width = image.shape[:2]
        if square.inside(width, height) < LEAST_INSIDE:
            raise CropError("the face is cut off by the picture's border")
        return tuple(crop(image, square, scale, self.model.input.width) for scale in self.model.crops)

    def score_crops(self, crops: Sequence[Image]) -> float:
        """`score` of crops as `crops` returns them. An answer that is no number counts as an attack's."""
        found = self.answer(crops)
        return min(max(found, 0.0), 1.0) if np.isfinite(found) else 0.0

    def answer(self, crops: Sequence[Image]) -> float:
        """What the network says, whatever that is."""
        return float(self._network.run(self.tensor(crops)).reshape(-1)[0])

    def tensor(self, crops: Sequence[Image]) -> Floats:
        """(1, height, width, 3 x crops) float32: the crops one behind the other in the channels, normalised."""
        ordered = crops if self.model.input.channels == "bgr" else [one[:, :, ::-1] for one in crops]
        stacked = np.concatenate(ordered, axis=2, dtype=np.float32)
        stacked -= self._mean
        stacked *= self._scale
        return stacked[np.newaxis]
