"""Whether something covers the eyes, nose and mouth, or forehead of a face. What follows from it is the pipeline's business."""

from typing import Self

import numpy as np
import numpy.typing as npt

from camera.frame import Image
from inference.chip_network import ChipNetwork
from inference.manifest import CoveringModel, CoveringSpec
from inference.observation import COVERED, USABLE, Measure
from inference.quality import SCORE_USABLE
from inference.runtime import Floats, Network, Runtime, open_network


class CoveringDetector:
    """The covering network with its template and thresholds. Owned by the thread that calls it."""

    def __init__(self, model: CoveringSpec, network: Network) -> None:
        self.model = model
        self._chips = ChipNetwork(model, network, len(model.regions))

    @classmethod
    def open(cls, model: CoveringModel, runtime: Runtime = "auto") -> Self:
        """Load the model's file, its hash checked, into a runtime with one thread.

        Raises:
            ModelError: file altered or absent, no runtime, or tensors other than the manifest says.
        """
        return cls(model, open_network(model.read(), 1, runtime))

    def close(self) -> None:
        """Let the network's memory go."""
        self._chips.close()

    @property
    def runtime(self) -> str:
        """The runtime in use: `litert` or `tflite-runtime`."""
        return self._chips.runtime

    def probabilities(self, chip: Image) -> Floats:
        """That each region of an aligned face is covered, in the model's order, float32."""
        return self._chips.run(chip)

    def measure(self, image: Image, landmarks: npt.ArrayLike) -> tuple[Measure, ...]:
        """One measure of quality for each region: its name, the probability that it is covered, and the score of that.

        Raises:
            AlignmentError: the landmarks determine no similarity.
        """
        found = self.probabilities(self._chips.chip(image, landmarks))
        judged = zip(self.model.regions, found, self.model.thresholds, strict=True)
        return tuple(measure_of(region, float(value), threshold) for region, value, threshold in judged)


def measure_of(region: str, probability: float, threshold: float) -> Measure:
    """A region's measure: score 1 to half the threshold, `SCORE_USABLE` just below it, 0 at certainty.

    What is no number (a broken network) counts as covered.
    """
    sure = 1.0 if not np.isfinite(probability) else min(max(probability, 0.0), 1.0)
    line = ((0.5 * threshold, 1.0), (threshold, SCORE_USABLE), (1.0, 0.0))
    score = float(np.interp(sure, [x for x, _ in line], [y for _, y in line]))
    if sure < threshold:
        return Measure(region, sure, score, USABLE)
    return Measure(region, sure, min(score, SCORE_USABLE - 1e-3), COVERED)
