"""A network over the aligned face: its chip, the tensor made of it, and the run. What the outputs mean is not known here."""

import numpy as np
import numpy.typing as npt

from camera.frame import Image
from inference.align import align
from inference.manifest import AlignedSpec
from inference.runtime import Floats, ModelMismatch, Network


class ChipNetwork:
    """One network with its template and normalisation. Owned by the thread that calls it."""

    def __init__(self, spec: AlignedSpec, network: Network, outputs: int) -> None:
        """`outputs`: how many numbers the network answers with.

        Raises:
            ModelMismatch: its tensors are other than that.
        """
        self.spec = spec
        self._network = network
        self._mean = np.array(spec.input.mean, dtype=np.float32)
        self._std = np.array(spec.input.std, dtype=np.float32)
        _check_shapes(spec, network, outputs)

    @property
    def runtime(self) -> str:
        """The runtime in use: `litert` or `tflite-runtime`."""
        return self._network.runtime

    def close(self) -> None:
        """Let the network's memory go."""
        self._network.close()

    def chip(self, image: Image, landmarks: npt.ArrayLike) -> Image:
        """The aligned face, (height, width, 3) uint8 BGR in the network's input size.

        Args:
            image: the picture, BGR.
            landmarks: (N, 2 or more) FaceMesh landmarks in pixels of the picture, N = 468 or 478.

        Raises:
            AlignmentError: the landmarks determine no similarity.
        """
        return align(image, landmarks, self.spec.alignment, self.spec.input.width, self.spec.input.height)

    def run(self, chip: Image) -> Floats:
        """The network's answer to one chip, (outputs,) float32."""
        return self._network.run(self._tensor(chip)).reshape(-1)

    def _tensor(self, chip: Image) -> Floats:
        spec = self.spec.input
        ordered = chip[:, :, ::-1] if spec.channels == "rgb" else chip
        tensor = (ordered.astype(np.float32) - self._mean) / self._std
        if spec.layout == "nchw":
            tensor = tensor.transpose(2, 0, 1)
        return np.ascontiguousarray(tensor[np.newaxis], dtype=np.float32)


def _check_shapes(model: AlignedSpec, network: Network, outputs: int) -> None:
    spec = model.input
    size = (spec.height, spec.width, 3) if spec.layout == "nhwc" else (3, spec.height, spec.width)
    if network.input_shape != (1, *size) or network.output_shape != (1, outputs):
        raise ModelMismatch(
            f"{model.id}: the network maps {network.input_shape} to {network.output_shape}, "
            f"the manifest says {(1, *size)} to {(1, outputs)}"
        )
