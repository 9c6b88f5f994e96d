"""Enrolment photos of the demo's people, as files: so that a first start can enrol one by the ordinary way, without a camera."""

import random
from dataclasses import replace
from pathlib import Path

import cv2

from camera.settings import CameraSettings
from camera.sources.demo_render import SUBJECTS, Renderer

QUALITY = 93
"""Of the JPEG files: what phones and cameras write."""

YAWS = (0.0, 8.0, -8.0, 4.0, -4.0)
"""Degrees the head is turned, one photo after the other: five that differ, all well within what recognition takes."""


def enrolment_photos(folder: Path, count: int = 5, subject: str = "grace", seed: int = 7) -> list[Path]:
    """Write JPEG photos that differ in pose, expression, distance, light and noise.

    Args:
        folder: Where to; made if it is not there. Files of the same names are overwritten.
        count: How many, at least 1.
        subject: `grace`, whom the demo's screenplay lets in, or `collins`.
        seed: Another one makes other photos.

    Returns:
        Their paths, in order.

    Raises:
        ValueError: no such subject, or less than one photo.
        OSError: the folder cannot be written.
    """
    if subject not in SUBJECTS or count < 1:
        raise ValueError(f"photos are made of {' or '.join(SUBJECTS)}, at least one; not {count} of {subject}")
    folder.mkdir(parents=True, exist_ok=True)
    shown = CameraSettings()
    renderer = Renderer(shown.width, shown.height, seed)
    chance = random.Random(seed)  # noqa: S311  # variety, not a secret
    paths = []
    for number in range(count):
        usual = renderer.usual(subject)
        stance = replace(
            usual,
            x=usual.x + chance.uniform(-25, 25),
            y=usual.y + chance.uniform(-8, 8),
            scale=usual.scale * chance.uniform(0.95, 1.25),
            yaw=YAWS[number % len(YAWS)] + chance.uniform(-1.5, 1.5),
            pitch=usual.pitch + chance.uniform(-5, 5),
            roll=chance.uniform(-4, 4),
        )
        photo = renderer.person(subject, stance, 0.0, chance.uniform(0, 1), light=chance.uniform(0.88, 1.1))
        path = folder / f"{subject}-{number + 1}.jpg"
        encoded = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
        path.write_bytes(encoded.tobytes())
        paths.append(path)
    return paths
