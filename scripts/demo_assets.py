"""Makes the demo's assets from two public-domain portraits: landmarks, depth and cut-out. Run by a developer, never on a device.

Usage: python scripts/demo_assets.py ASTRONAUT.png
ASTRONAUT.png is `skimage/data/astronaut.png` of the scikit-image wheel; the other portrait comes with matplotlib.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from mediapipe.python.solutions import face_mesh, selfie_segmentation

from camera.sources.demo_portraits import ASSETS, hopper_path

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

STEP = 4
"""Pixels of the portrait for one cell of the depth grid."""

COLLINS_CROP = (slice(0, 346), slice(0, 400))
"""Head and shoulders of the astronaut's portrait, above the helmet in her lap."""

FLAG = [(100, 186), (151, 186), (155, 205), (163, 240), (172, 262), (100, 262)]

OUTER_EYES = (33, 263)


def landmarks(image: Bytes) -> Floats:
    """(478, 3) float32: x right, y down, z towards the camera, all in pixels of the portrait."""
    height, width = image.shape[:2]
    with face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True, max_num_faces=1) as mesh:
        (face,) = mesh.process(np.ascontiguousarray(image[:, :, ::-1])).multi_face_landmarks
    return np.array([(p.x * width, p.y * height, -p.z * width) for p in face.landmark], np.float32)


def cut_out(image: Bytes, not_person: list[tuple[int, int]]) -> Bytes:
    """(height, width) uint8 opacity of the person: a segmentation network's guess, refined by GrabCut, its edge softened.

    `not_person` is a polygon of background that GrabCut takes for the person: the flag behind a hat of the same blue.
    """
    with selfie_segmentation.SelfieSegmentation(model_selection=0) as network:
        guess = network.process(np.ascontiguousarray(image[:, :, ::-1])).segmentation_mask
    labels = np.full(image.shape[:2], cv2.GC_PR_BGD, np.uint8)
    for where, label in ((guess > 0.5, cv2.GC_PR_FGD), (guess > 0.95, cv2.GC_FGD), (guess < 0.05, cv2.GC_BGD)):
        labels[where] = label
    if not_person:
        cv2.fillPoly(labels, [np.array(not_person, np.int32)], (cv2.GC_BGD,))
    cv2.setRNGSeed(1)
    cv2.grabCut(image, labels, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)
    person = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8) * 255
    smooth = cv2.GaussianBlur(cv2.medianBlur(person, 7).astype(np.float32), (0, 0), 2.0)
    # Half a pixel of blur around a level above the middle: the rim, which is mixed with the old background, is left out.
    return np.clip((smooth - 165.0) * 4.0 + 128.0, 0, 255).astype(np.uint8)


def depth(points: Floats, shape: tuple[int, ...]) -> Floats:
    """Depth towards the camera, pixels, one value per STEP x STEP cell: the landmarks', carried on smoothly to the head's rim.

    Solves a membrane that is fixed at the landmarks and, outside the face, held weakly at the depth of the ears.
    """
    rows, columns = -(-shape[0] // STEP), -(-shape[1] // STEP)
    cells = np.clip((points[:468, :2] / STEP).astype(int), 0, (columns - 1, rows - 1))
    total, count = np.zeros((rows, columns)), np.zeros((rows, columns))
    np.add.at(total, (cells[:, 1], cells[:, 0]), points[:468, 2])
    np.add.at(count, (cells[:, 1], cells[:, 0]), 1)
    known = count > 0
    face = np.zeros((rows, columns), np.uint8)
    cv2.fillConvexPoly(face, cv2.convexHull(cells.astype(np.int32)), (1,))
    eyes = float(np.linalg.norm(points[OUTER_EYES[0], :2] - points[OUTER_EYES[1], :2]))
    back = float(points[:468, 2].min())
    pull = np.where(face > 0, 0.0, 0.001)
    field = np.full((rows, columns), back)
    for _ in range(4000):
        padded = np.pad(field, 1, mode="edge")
        around = (padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]) / 4.0
        field = np.where(known, total / np.maximum(count, 1), (around + pull * back) / (1.0 + pull))
    # As steep as the sides of a nose and a jaw really are, a turn would fold the picture over itself.
    return np.asarray(cv2.GaussianBlur(field.astype(np.float32), (0, 0), 0.11 * eyes / STEP), np.float32)


def main() -> None:
    """Write every asset."""
    hopper = cv2.imread(str(hopper_path()))
    astronaut = cv2.imread(sys.argv[1])
    collins = np.ascontiguousarray(astronaut[COLLINS_CROP])
    jpeg = ASSETS / "collins.jpg"
    cv2.imwrite(str(jpeg), collins, [cv2.IMWRITE_JPEG_QUALITY, 93])
    for name, image, background in (("grace", hopper, FLAG), ("collins", cv2.imread(str(jpeg)), [])):
        points = landmarks(np.asarray(image, np.uint8))
        target = ASSETS / f"{name}.npz"
        np.savez_compressed(
            target,
            landmarks=points,
            depth=depth(points, image.shape).astype(np.float16),
            opacity=cut_out(np.asarray(image, np.uint8), background),
        )
        print(target, target.stat().st_size, "bytes")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    main()
