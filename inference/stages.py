"""The stages that the pipeline is made of, as protocols. No implementation lives here, and no image or model library."""

from dataclasses import dataclass
from typing import Protocol

from camera.frame import Image
from inference.mesh import Landmarks
from inference.observation import Box, Embedding, Measure


@dataclass(frozen=True, slots=True)
class Face:
    """A face as the finder sees it: its box and the pixels between its eye centres. No mesh yet."""

    box: Box
    eye_distance: float

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box, pixels."""
        return self.box.x + self.box.width / 2, self.box.y + self.box.height / 2


class Finder(Protocol):
    """Finds all faces of one picture, without memory."""

    def find(self, image: Image) -> tuple[Face, ...]:
        """All faces, in no order."""

    def close(self) -> None:
        """Release what it holds; closing twice is harmless."""


class Mesher(Protocol):
    """Lays the mesh over one face and follows it from frame to frame."""

    def start(self, image: Image, face: Face) -> Landmarks | None:
        """Leave what was followed and take up `face`; None when no mesh fits there."""

    def follow(self, image: Image) -> Landmarks | None:
        """The same face in the next frame; None when it is lost, after which only `start` finds one again."""

    def close(self) -> None:
        """Release what it holds; closing twice is harmless."""


class Embedder(Protocol):
    """The face-embedding network with its alignment."""

    @property
    def model_id(self) -> str:
        """Names the network and its alignment: embeddings of different ids are never compared."""

    def embed(self, image: Image, landmarks: Landmarks) -> Embedding:
        """Unit (dimension,) float32: the normalised mean over the face and its mirror image."""

    def close(self) -> None:
        """Release what it holds."""


class Covering(Protocol):
    """Says of the regions of a face whether something covers them."""

    def measure(self, image: Image, landmarks: Landmarks) -> tuple[Measure, ...]:
        """One measure a region, named after it; the reason of those that are covered is `COVERED`."""

    def close(self) -> None:
        """Release what it holds."""


class Passive(Protocol):
    """Says of one picture of a face whether it is a live one's."""

    def score(self, image: Image, landmarks: Landmarks) -> float:
        """0 (attack) to 1 (live). `CropError`: the face cannot be cut out of the picture."""

    def close(self) -> None:
        """Release what it holds."""
