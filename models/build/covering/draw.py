"""A random view of a photo as the network will meet it: coverings or none, light, camera, the network's chip, and its labels."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from covering import coverings, harmless, headwear, obstacles
from covering.canvas import Canvas, Random, any_colour, noise, plane
from covering.regions import PARTS, Mesh, hidden_shares, labels, polygon

CHIP = 80
_SCALE = CHIP / 180
LANDMARKS = ((33,), (133,), (362,), (263,), (2,))
TARGETS = tuple(
    (round((x + 15) * _SCALE, 2), round((y + 26) * _SCALE, 2))
    for x, y in ((35.6, 46.0), (59.2, 47.1), (88.7, 47.2), (112.3, 46.0), (74.0, 86.0))
)
"""dlib's targets with a margin, more of it above: hats show there."""

Drawing = Callable[[Canvas], None]
COVERINGS: dict[str, tuple[Drawing, float]] = {
    "mask": (coverings.mask, 0.15),
    "scarf": (coverings.scarf, 0.07),
    "veil": (coverings.veil, 0.05),
    "sunglasses": (coverings.sunglasses, 0.15),
    "hat": (headwear.hat, 0.28),
    "hand": (obstacles.hand, 0.17),
    "hair": (obstacles.strands, 0.06),
    "thing": (obstacles.thing, 0.11),
}
"""What hides, and how often it is drawn."""
HIGH_HAT = "high hat"
HARMLESS: dict[str, tuple[Drawing, float]] = {
    "glasses": (harmless.clear_glasses, 0.3),
    "beard": (harmless.beard, 0.2),
    "fringe": (harmless.fringe, 0.15),
    "headscarf": (harmless.headscarf, 0.15),
    "make-up": (harmless.make_up, 0.1),
    "closed eyes": (harmless.closed_eyes, 0.1),
    HIGH_HAT: (headwear.high_hat, 0.0),
}


_FAR = 0.2
"""Share of what lies above the forehead that may be outside the photo for a colour to be put there."""


@dataclass(frozen=True)
class View:
    """What is made of one photo."""

    chip: npt.NDArray[np.uint8]
    """(80, 80, 3) RGB."""
    labels: npt.NDArray[np.float32]
    """(3,) 1 covered, 0 free, -1 neither, in the order of `REGIONS`."""
    drawn: tuple[str, ...]
    """What was drawn, from the innermost."""


def draw(picture: npt.NDArray[np.uint8], mesh: Mesh, random: Random, names: tuple[str, ...]) -> Canvas:
    """A canvas with the named things drawn on the picture."""
    canvas = Canvas(picture, mesh, random)
    for name in names:
        drawing, _ = COVERINGS.get(name) or HARMLESS[name]
        drawing(canvas)
    return canvas


def choose(random: Random) -> tuple[str, ...]:
    """What to draw: often something harmless, mostly one covering, now and then two, a quarter of the time none."""
    names = [_pick(random, HARMLESS)] if random.random() < 0.4 else []
    count = random.choice([0, 1, 2], p=[0.27, 0.6, 0.13])
    return (*names, *(_pick(random, COVERINGS) for _ in range(count)))


def _pick(random: Random, table: dict[str, tuple[Drawing, float]]) -> str:
    weights = np.array([weight for _, weight in table.values()])
    return str(random.choice(list(table), p=weights / weights.sum()))


def clear_view(picture: npt.NDArray[np.uint8], mesh: Mesh, random: Random, names: tuple[str, ...]) -> View:
    """The named things drawn on the photo, and nothing else done to it."""
    canvas = draw(picture, mesh, random, names)
    points = mesh[[index for (index,) in LANDMARKS]].astype(np.float64)
    chip = cut(np.clip(canvas.picture, 0, 255), points)
    return View(np.ascontiguousarray(chip[:, :, ::-1]), labels(hidden_shares(canvas.hidden, mesh)), names)


def view(picture: npt.NDArray[np.uint8], mesh: Mesh, random: Random, names: tuple[str, ...]) -> View:
    """A training view: the named things drawn on the photo; then lit, filmed and cut with an alignment that is a little off."""
    canvas = draw(surrounded(picture, mesh, random), mesh, random, names)
    verdict = labels(hidden_shares(canvas.hidden, mesh))
    chip = cut(np.clip(lit(canvas.picture, random), 0, 255), jittered(mesh, random))
    if random.random() < 0.5:
        chip = chip[:, ::-1]
    return View(filmed(chip, random), verdict, names)


def surrounded(picture: npt.NDArray[np.uint8], mesh: Mesh, random: Random) -> npt.NDArray[np.uint8]:
    """Something, mostly, in place of the black outside the photo, which no camera shows: or black would mean "drawn on".

    Many photos end at the hair line. There the picture goes on as it is at its edge: any colour would be a hat that nobody wears.
    """
    chance = random.random()
    outside = outside_of(picture)
    if chance < 0.3 or not outside.any():
        return picture
    if chance < 0.75 or above_forehead(outside, mesh) > _FAR:
        around = continued(picture, outside, random)
    else:
        side = picture.shape[0]
        around = any_colour(random) * (1 + 0.4 * plane(random, side)[..., None] + 0.3 * noise(random, side, 16)[..., None])
    return np.where(outside[..., None], np.clip(around, 0, 255).astype(np.uint8), picture)


def outside_of(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """(side, side) where the photo has ended: black that reaches a corner, and two pixels more."""
    side = picture.shape[0]
    black = (picture.max(axis=2) < 8).astype(np.uint8)
    for corner in ((0, 0), (side - 1, 0), (0, side - 1), (side - 1, side - 1)):
        if black[corner[::-1]] == 1:
            cv2.floodFill(black, None, corner, 2)
    return np.asarray(cv2.dilate((black == 2).astype(np.uint8), np.ones((5, 5), np.uint8)) == 1)


def above_forehead(outside: npt.NDArray[np.bool_], mesh: Mesh) -> float:
    """Which share of the forehead, moved up by a sixth of the face's width, lies outside the photo."""
    moved = mesh[list(PARTS["forehead"][0])] - [0, np.hypot(*(mesh[454] - mesh[234])) / 6]
    inside = polygon(moved, outside.shape[0])
    return float((inside * outside).sum() / max(inside.sum(), 1e-6))


def continued(picture: npt.NDArray[np.uint8], outside: npt.NDArray[np.bool_], random: Random) -> npt.NDArray[np.float32]:
    """The picture's edge drawn outwards, a little blurred, a little lighter or darker."""
    _, nearest = cv2.distanceTransformWithLabels(outside.astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    order = np.zeros((int(nearest.max()) + 1, 3), np.uint8)
    order[nearest[~outside]] = picture[~outside]
    spread = cv2.GaussianBlur(order[nearest].astype(np.float32), (0, 0), random.uniform(0.6, 2.5))
    return np.asarray(spread * (1 + 0.25 * noise(random, picture.shape[0], random.uniform(3, 16))[..., None]), dtype=np.float32)


def jittered(mesh: Mesh, random: Random) -> npt.NDArray[np.float64]:
    """The five points of the alignment as a mesh disturbed by a covering has them: each a little off, and all together."""
    points = mesh[[index for (index,) in LANDMARKS]].astype(np.float64)
    spread = np.ptp(points[:, 0])
    strength = random.choice([0.5, 1.0, 2.0])
    moved = points + random.normal(0, 0.02 * strength, points.shape) * spread + random.normal(0, 0.03 * strength, 2) * spread
    middle = moved.mean(axis=0)
    return np.asarray(middle + (moved - middle) * (1 + random.normal(0, 0.04 * strength)))


def cut(picture: npt.NDArray[np.float32], points: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """The chip, BGR: the picture is the photo halved once, so this is the second half of `inference.align.align`."""
    matrix = fit(np.array(TARGETS), points)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(picture, matrix, (CHIP, CHIP), flags=flags).round(), dtype=np.uint8)


def fit(source: npt.NDArray[np.float64], target: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Least-squares similarity from source to target, (2, 3): `inference.align.fit_similarity`, which this environment lacks."""
    z, w = source @ np.array([1, 1j]), target @ np.array([1, 1j])
    centred = z - z.mean()
    turn = np.vdot(centred, w - w.mean()) / np.vdot(centred, centred).real
    shift = w.mean() - turn * z.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def lit(picture: npt.NDArray[np.float32], random: Random) -> npt.NDArray[np.float32]:
    """Light: contrast, darkness, coloured light, light from one side, grey."""
    side = picture.shape[0]
    gain = random.uniform(0.25, 0.6) if random.random() < 0.15 else random.uniform(0.7, 1.35)
    mean = picture.mean()
    picture = ((picture - mean) * random.uniform(0.75, 1.25) + mean) * gain
    if random.random() < 0.35:
        picture = picture * random.uniform(0.7, 1.3, 3).astype(np.float32)
    if random.random() < 0.35:
        slope = np.clip(1 + plane(random, side) * random.uniform(0, 0.9), 0.05, 2)
        picture = picture * cv2.merge((slope.astype(np.float32),) * 3)
    if random.random() < 0.12:
        picture = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2)
    return picture.astype(np.float32)


def filmed(chip: npt.NDArray[np.uint8], random: Random) -> npt.NDArray[np.uint8]:
    """Camera: low resolution or blur, sensor noise, JPEG; RGB comes out."""
    kind = random.random()
    if kind < 0.2:
        small = int(CHIP / random.uniform(1.3, 3))
        chip = cv2.resize(cv2.resize(chip, (small, small), interpolation=cv2.INTER_AREA), (CHIP, CHIP))
    elif kind < 0.35:
        chip = cv2.GaussianBlur(chip, (0, 0), random.uniform(0.4, 1.8))
    if random.random() < 0.4:
        noisy = chip + random.standard_normal(chip.shape, np.float32) * random.uniform(1, 11)
        chip = np.clip(noisy, 0, 255).astype(np.uint8)
    if random.random() < 0.3:
        coded = cv2.imencode(".jpg", chip, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(35, 95))])[1]
        chip = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(chip[:, :, ::-1])
