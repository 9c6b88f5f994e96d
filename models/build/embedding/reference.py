"""Writes tests/inference/data/grace_hopper.json: landmarks, and dlib's own embedding, of a public-domain photo.

The tests hold the shipped network, alignment and channel order against it where neither dlib nor FaceMesh is installed. Runs
in the product's environment with the `bench` extra: `python -m embedding.reference OUT.json`.
"""

import hashlib
import json
import sys
from pathlib import Path

import cv2
import dlib
import msgspec
import numpy as np
import numpy.typing as npt
from matplotlib import cbook
from mediapipe.python.solutions import face_mesh

from embedding.crops import Image
from embedding.spec import load, weights_file
from inference.align import align
from inference.embedder import unit
from inference.manifest import Alignment

NEEDED = (2, 4, 33, 61, 133, 263, 291, 362)
"""The landmarks that the templates of `networks/` refer to."""


def photo() -> Path:
    """Grace Hopper's portrait (US Navy, public domain), as matplotlib ships it."""
    return Path(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))


def landmarks(image: Image) -> npt.NDArray[np.float64]:
    """FaceMesh's landmarks in pixels, (478, 2)."""
    height, width = image.shape[:2]
    with face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True) as mesh:
        found = mesh.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).multi_face_landmarks[0].landmark
    return np.array([(point.x * width, point.y * height) for point in found])


def main() -> None:
    """Command line."""
    spec, path = load("dlib"), photo()
    image = np.asarray(cv2.imread(str(path)), dtype=np.uint8)
    points = landmarks(image).round(2)
    template = msgspec.convert(spec.network["alignment"], Alignment)
    chip = align(image, points, template, 150, 150)
    network = dlib.face_recognition_model_v1(str(weights_file(spec, Path())))
    both = [np.ascontiguousarray(c[:, :, ::-1]) for c in (chip, chip[:, ::-1])]
    vectors = unit(np.array([network.compute_face_descriptor(c) for c in both], dtype=np.float32))
    document = {
        "photo": "grace_hopper.jpg of matplotlib's sample data: US Navy, public domain",
        "photo_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "landmarks": {str(number): points[number].tolist() for number in NEEDED},
        "dlib_embedding": [round(float(x), 6) for x in unit(vectors.sum(axis=0))],
    }
    Path(sys.argv[1]).write_text(json.dumps(document) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
