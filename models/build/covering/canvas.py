"""A face to draw on: paint that blends and remembers what it hides, cloth, skin and hair to paint with, curves to paint along."""

from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

from covering.regions import REGIONS, Layer, Mesh, polygon, stroke

Colour = npt.NDArray[np.float32]
"""(3,) BGR 0..255, or (height, width, 3)."""
Points = npt.NDArray[np.float64]
Random = np.random.Generator

_SEEN_THROUGH = 0.6
"""Opacity from which on what lies below counts as hidden."""
_HAIR = (
    (15, 15, 18),
    (25, 30, 45),
    (40, 60, 95),
    (90, 130, 175),
    (150, 190, 215),
    (150, 150, 150),
    (215, 215, 215),
    (35, 55, 130),
)
_SKIN = ((60, 80, 115), (75, 105, 150), (95, 130, 185), (125, 160, 210), (150, 180, 225), (40, 55, 80))


class Canvas:
    """One picture that is drawn on.

    Args:
        picture: (side, side, 3) uint8 BGR, not changed.
        mesh: (468, 2) landmarks in its pixels.
        random: everything drawn comes from it.
    """

    def __init__(self, picture: npt.NDArray[np.uint8], mesh: Mesh, random: Random) -> None:
        self.picture = picture.astype(np.float32)
        self.side = picture.shape[0]
        self.mesh = mesh.astype(np.float64)
        self.random = random
        self.hidden: dict[str, Layer] = {region: np.zeros((self.side, self.side), np.float32) for region in REGIONS}
        self.width = float(np.hypot(*(self.mesh[454] - self.mesh[234])))
        """Pixels from ear to ear."""
        self.right = (self.mesh[263] - self.mesh[33]) / max(np.hypot(*(self.mesh[263] - self.mesh[33])), 1e-6)
        """Unit vector along the eyes, to the picture's right."""
        self.down = np.array([-self.right[1], self.right[0]])

    def at(self, landmark: int, across: float = 0.0, down: float = 0.0) -> Points:
        """(2,) a landmark, moved by shares of the face's width."""
        moved: Points = self.mesh[landmark] + (self.right * across + self.down * down) * self.width
        return moved

    def paint(self, opacity: Layer, colour: Colour, hides: Iterable[str] = REGIONS) -> None:
        """Lay a colour over the picture; where it is opaque it hides those regions."""
        rows, columns = (np.flatnonzero(opacity.any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            return
        box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        part, paint = self.picture[box], colour[box] if colour.ndim == 3 else colour
        part += (paint - part) * cv2.merge((opacity[box],) * 3)
        for region in hides:
            np.maximum(self.hidden[region][box], opacity[box] > _SEEN_THROUGH, out=self.hidden[region][box])

    def shade(self, darkness: Layer) -> None:
        """Take away a share of the light, 0..1."""
        self.picture *= cv2.merge((1 - darkness,) * 3)

    def cover(self, outline: Points, colour: Colour, hides: Iterable[str] = REGIONS, shadow: float = 0.5) -> None:
        """A covering: its soft shadow, then its shape with an edge as sharp as the picture's."""
        shape = polygon(outline, self.side)
        if self.random.random() < shadow:
            fallen = soften(shape, self.random.uniform(1, 4))
            self.shade(fallen * self.random.uniform(0.1, 0.5))
        self.paint(soften(shape, self.random.uniform(0, 1.0)), colour, hides)

    def line(self, points: Points, thickness: float, colour: Colour, opacity: float = 1.0) -> None:
        """A line that hides nothing, thickness in pixels."""
        self.paint(stroke(points, thickness, self.side) * opacity, colour, hides=())

    def brightness(self) -> float:
        """How light the face is, about 1 for a well-lit one."""
        x, y = self.mesh[[50, 280, 151, 4]].T.round().astype(int).clip(0, self.side - 1)
        return float(np.clip(self.picture[y, x].mean() / 135, 0.15, 1.5))

    def skin(self) -> Colour:
        """The face's own skin or, at times, somebody else's."""
        if self.random.random() < 0.3:
            colour = np.array(_SKIN[self.random.integers(len(_SKIN))], np.float32) * self.brightness()
        else:
            x, y = self.mesh[[50, 280, 205, 425]].T.round().astype(int).clip(0, self.side - 1)
            colour = np.median(self.picture[y, x], axis=0).astype(np.float32)
        return colour * self.random.uniform(0.8, 1.2)

    def hair(self) -> Colour:
        """A colour of hair, lit like the face."""
        colour = np.array(_HAIR[self.random.integers(len(_HAIR))], np.float32)
        return colour * self.random.uniform(0.7, 1.2) * max(self.brightness(), 0.4)


def soften(layer: Layer, sigma: float) -> Layer:
    """Gaussian blur; none below a quarter of a pixel."""
    return layer if sigma < 0.25 else np.asarray(cv2.GaussianBlur(layer, (0, 0), sigma), dtype=np.float32)


def smooth(points: npt.ArrayLike, *, closed: bool = True, rounds: int = 3) -> Points:
    """Corners cut again and again (Chaikin 1974): a curve near the points."""
    curve = np.asarray(points, dtype=np.float64)
    for _ in range(rounds):
        following = np.concatenate([curve[1:], curve[:1]])
        cut = np.stack([0.75 * curve + 0.25 * following, 0.25 * curve + 0.75 * following], axis=1).reshape(-1, 2)
        curve = cut if closed else np.concatenate([curve[:1], cut[1:-3], curve[-1:]])
    return curve


def noise(random: Random, side: int, cell: float) -> Layer:
    """Smooth noise, about -1..1, with features of `cell` pixels."""
    count = max(2, round(side / cell))
    coarse = random.standard_normal((count, count), np.float32) * np.float32(0.5)
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def plane(random: Random, side: int) -> Layer:
    """A ramp through the picture in any direction, -1..1."""
    x = np.linspace(-1, 1, side, dtype=np.float32)
    angle = random.uniform(0, 2 * np.pi)
    return np.asarray(x * np.float32(np.cos(angle)) + x[:, None] * np.float32(np.sin(angle)), dtype=np.float32)


def any_colour(random: Random) -> Colour:
    """Black, white and grey often, else any hue."""
    kind = random.random()
    if kind < 0.2:
        return np.full(3, random.uniform(5, 40), np.float32)
    if kind < 0.35:
        return np.full(3, random.uniform(190, 250), np.float32)
    if kind < 0.5:
        return (np.full(3, random.uniform(40, 190)) + random.normal(0, 6, 3)).astype(np.float32)
    tone = np.array([[[random.integers(180), random.integers(30, 256), random.integers(30, 250)]]], np.uint8)
    return np.asarray(cv2.cvtColor(tone, cv2.COLOR_HSV2BGR)[0, 0], dtype=np.float32)


def cloth(canvas: Canvas, colour: Colour | None = None) -> Colour:
    """Cloth over the whole picture: a colour or a pattern, folds, shading, a little grain, lit like the face."""
    random, side = canvas.random, canvas.side
    fabric = np.broadcast_to(any_colour(random) if colour is None else colour, (side, side, 3)).astype(np.float32)
    if random.random() < 0.4:
        fabric = fabric + (any_colour(random) - fabric) * _pattern(random, side)[..., None]
    folds = np.sin(plane(random, side) * random.uniform(3, 40) + 2 * noise(random, side, 30)) * random.uniform(0, 0.18)
    shading = 1 + plane(random, side) * random.uniform(0, 0.35) + noise(random, side, 20) * random.uniform(0, 0.25) + folds
    grain = random.standard_normal((side, side, 1), np.float32) * np.float32(random.uniform(0, 7))
    light = canvas.brightness() ** random.uniform(0.4, 1)
    return np.clip(fabric * cv2.merge(((shading * light).astype(np.float32),) * 3) + grain, 0, 255)


def _pattern(random: Random, side: int) -> Layer:
    """Where the second colour is, 0..1: stripes, checks, dots or blots."""
    kind, pitch = random.integers(4), random.uniform(10, 60)
    first = np.sin(plane(random, side) * pitch)
    if kind == 0:
        wave = first
    elif kind == 1:
        wave = first * np.sin(plane(random, side) * pitch)
    elif kind == 2:
        wave = noise(random, side, random.uniform(4, 14)) * 2
    else:
        y, x = np.mgrid[0:side, 0:side]
        wave = np.sin(x * pitch / 48) * np.sin(y * pitch / 48) - random.uniform(0.2, 0.6)
    return np.asarray(np.clip(wave * 4 + 0.5, 0, 1) * random.uniform(0.3, 1), dtype=np.float32)
