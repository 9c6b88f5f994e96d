"""What comes before a face without being worn: hands, hair and things. Each function draws one, at random, on a canvas."""

import numpy as np

from covering.canvas import Canvas, Colour, Points, cloth, noise, plane, smooth, soften
from covering.regions import stroke

_HAIR_HIDES = ("eyes", "nose_mouth")
"""A fringe over the forehead is the person's own."""


def _anywhere(canvas: Canvas) -> Points:
    """A place on the face, the regions more often than the cheeks."""
    random = canvas.random
    anchor = int(random.choice([13, 4, 159, 386, 168, 151, 9, 50, 280, 152]))
    return canvas.at(anchor, random.normal(0, 0.06), random.normal(0, 0.06))


def hand(canvas: Canvas) -> None:
    """A hand, palm or back: fingers side by side and the ball, in skin, from any side."""
    random = canvas.random
    colour, place = canvas.skin(), _anywhere(canvas)
    angle = random.uniform(0, 2 * np.pi)
    along, aside = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    thick = canvas.width * random.uniform(0.10, 0.16)
    fingers, spread = int(random.choice([1, 2, 3, 4, 4, 4])), random.uniform(0.85, 1.25)
    tip = place + along * canvas.width * random.uniform(0.0, 0.3)
    surface = _flesh(canvas, colour)
    if fingers >= 3 and random.random() < 0.8:
        _palm(canvas, surface, tip - along * thick * random.uniform(4, 5.5), thick * fingers * 0.55 * spread, angle)
    for number in range(fingers):
        offset = (number - (fingers - 1) / 2) * spread
        end = tip + aside * offset * thick - along * thick * random.uniform(0, 0.9)
        root = tip + aside * offset * thick * random.uniform(0.7, 0.95) - along * thick * random.uniform(4, 6)
        _finger(canvas, surface, np.stack([end, root]), thick)


def _flesh(canvas: Canvas, colour: Colour) -> Colour:
    random, side = canvas.random, canvas.side
    shade = 1 + 0.15 * plane(random, side) + random.uniform(0, 0.15) * noise(random, side, 8)
    return np.asarray(np.clip(colour * shade[..., None], 0, 255), dtype=np.float32)


def _palm(canvas: Canvas, surface: Colour, middle: Points, radius: float, angle: float) -> None:
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    ring = np.stack([np.cos(turn) * radius * 1.35, np.sin(turn) * radius], axis=1)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    canvas.cover(middle + ring @ rotation, surface)


def _finger(canvas: Canvas, surface: Colour, ends: Points, thick: float) -> None:
    """A finger is darker at its edges, and the next one lies beside it."""
    random = canvas.random
    canvas.shade(soften(stroke(ends, thick * 1.15, canvas.side), 1.0) * random.uniform(0.1, 0.4))
    body = stroke(ends, thick, canvas.side)
    rounded = soften(body, max(thick / 4, 0.3))
    canvas.paint(body, surface * (0.65 + 0.4 * rounded[..., None]))
    if random.random() < 0.4:
        nail = ends[0] + (ends[1] - ends[0]) * 0.06
        canvas.line(np.stack([nail, nail + (ends[1] - ends[0]) * 0.03]), thick * 0.5, surface.mean(axis=(0, 1)) * 1.15, 0.5)


def strands(canvas: Canvas) -> None:
    """Hair that falls over one eye, both or half the face, dense or in locks."""
    random, colour = canvas.random, canvas.hair()
    sign = random.choice([-1, 1])
    dense = random.random() < 0.6
    for _ in range(int(random.integers(1, 4))):
        _lock(canvas, colour, sign, random.uniform(0.1, 0.3) if dense else random.uniform(0.02, 0.08))


def _lock(canvas: Canvas, colour: Colour, sign: float, wide: float) -> None:
    random = canvas.random
    start, reach = random.uniform(-0.2, 0.4), random.uniform(0.25, 1.0)
    swing = random.uniform(0.05, 0.35)
    path = [canvas.at(9, sign * (start + swing * t), -0.55 + t * (0.45 + reach)) for t in np.linspace(0, 1, 5)]
    edges = [p + canvas.right * wide * canvas.width * w for p, w in zip(path, (0.7, 1.0, 1.0, 0.8, 0.3), strict=True)]
    other = [p - canvas.right * wide * canvas.width * w for p, w in zip(path, (0.7, 1.0, 1.0, 0.8, 0.3), strict=True)]
    canvas.cover(smooth([*edges, *other[::-1]], rounds=2), combed(canvas, colour), hides=_HAIR_HIDES)


def combed(canvas: Canvas, colour: Colour) -> Colour:
    """Hair over the whole picture: fine streaks downwards, a light here and there."""
    random, side = canvas.random, canvas.side
    streaks = np.tile(random.normal(0, 1, (1, side)).astype(np.float32), (side, 1))
    streaks = soften(streaks, random.uniform(0.3, 0.8)) * random.uniform(0.08, 0.3)
    bend = 1 + streaks + noise(random, side, 14) * random.uniform(0, 0.4)
    return np.asarray(np.clip(colour * bend[..., None] + random.uniform(0, 10), 0, 255), dtype=np.float32)


def thing(canvas: Canvas) -> None:
    """A telephone, a cup, a sheet of paper, a sleeve: any shape of any cloth, anywhere."""
    random, place = canvas.random, _anywhere(canvas)
    turn = random.uniform(0, 2 * np.pi) + np.linspace(0, 2 * np.pi, int(random.choice([4, 4, 5, 9])), endpoint=False)
    radius = canvas.width * random.uniform(0.15, 0.5) * random.uniform(0.8, 1.2, len(turn))
    stretch = np.array([random.uniform(0.5, 1.3), random.uniform(0.5, 1.3)])
    outline = place + np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius[:, None] * stretch
    canvas.cover(outline if len(turn) < 6 else smooth(outline), cloth(canvas))
