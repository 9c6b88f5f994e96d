"""What people wear on the head, pulled down over the forehead or sitting high. `hat` draws one, of any kind, at random."""

from collections.abc import Callable

import numpy as np

from covering.canvas import Canvas, Colour, Points, any_colour, cloth, noise, plane, smooth, soften
from covering.regions import polygon, stroke

_ABOVE_BROWS = 0.08
"""From the place between the brows up to the upper edge of the brows, in widths of the face."""
_ACROSS = np.linspace(-1, 1, 9)


def hat(canvas: Canvas) -> None:
    """A beanie, cap, helmet, hood, hat with a brim, headband, turban or low headscarf."""
    random = canvas.random
    _draw(canvas, random.uniform(-0.1, 0.1) if random.random() < 0.65 else random.uniform(0.1, 0.4))


def high_hat(canvas: Canvas) -> None:
    """The same sitting so high that the forehead stays free, or nearly."""
    _draw(canvas, canvas.random.uniform(0.17, 0.38))


def _draw(canvas: Canvas, height: float) -> None:
    """One kind at random, its lower edge so far above the brows, in widths of the face."""
    names = list(_KINDS)
    weights = np.array([_KINDS[name][1] for name in names])
    drawing, _ = _KINDS[str(canvas.random.choice(names, p=weights / weights.sum()))]
    drawing(canvas, height)


def _edge(canvas: Canvas, height: float, out: float, bend: float) -> list[Points]:
    """The lower edge from the face's right to its left; it may be askew."""
    askew = canvas.random.normal(0, 0.03)
    return [canvas.at(9, x * out, -_ABOVE_BROWS - height + bend * x**2 + askew * x) for x in _ACROSS]


def _dome(canvas: Canvas, height: float, out: float, rise: float) -> list[Points]:
    angles = np.linspace(0.15, np.pi - 0.15, 11)
    boxy = canvas.random.uniform(0.6, 1.0)
    grown = canvas.random.uniform(1.0, 1.35)
    return [
        canvas.at(9, np.sign(c) * abs(c) ** boxy * out * grown, -_ABOVE_BROWS - height - s**boxy * rise)
        for c, s in zip(np.cos(angles), np.sin(angles), strict=True)
    ]


def _rounded(canvas: Canvas, fabric: Colour, out: float) -> Colour:
    """Cloth over a round head: darker to the sides."""
    random = canvas.random
    y, x = np.mgrid[0 : canvas.side, 0 : canvas.side]
    across = ((x - canvas.mesh[9][0]) * canvas.right[0] + (y - canvas.mesh[9][1]) * canvas.right[1]) / (canvas.width * out)
    shade = 1.1 - random.uniform(0, 0.7) * np.minimum(np.abs(across), 1.2) ** 2
    return np.asarray(np.clip(fabric * shade[..., None], 0, 255), dtype=np.float32)


def _ribbed(canvas: Canvas, fabric: Colour) -> Colour:
    """Knitting: ribs that run up."""
    x = np.arange(canvas.side)
    ribs = 1 + np.sin(x * canvas.random.uniform(1.0, 3.0)) * canvas.random.uniform(0.05, 0.3)
    return np.asarray(np.clip(fabric * ribs[None, :, None], 0, 255), dtype=np.float32)


def _crown(canvas: Canvas, fabric: Colour, height: float, out: float, bend: float) -> list[Points]:
    edge = _edge(canvas, height, out, bend)
    dome = _dome(canvas, height, out, canvas.random.uniform(0.55, 1.0))
    canvas.cover(smooth([*edge, *dome], rounds=2), _rounded(canvas, fabric, out))
    return edge


def _emblem(canvas: Canvas, height: float) -> None:
    """Letters or a badge on the front."""
    random = canvas.random
    if random.random() < 0.5:
        return
    colour, middle = any_colour(random), canvas.at(9, random.normal(0, 0.05), -_ABOVE_BROWS - height - random.uniform(0.15, 0.3))
    for _ in range(int(random.integers(1, 6))):
        ends = middle + random.normal(0, 0.07, (2, 2)) * canvas.width * [1.4, 0.7]
        canvas.paint(stroke(ends, random.uniform(0.8, 3), canvas.side) * random.uniform(0.5, 1), colour, hides=())


def _beanie(canvas: Canvas, height: float) -> None:
    random = canvas.random
    fabric = cloth(canvas)
    if random.random() < 0.6:
        fabric = _ribbed(canvas, fabric)
    edge = _crown(canvas, fabric, height, random.uniform(0.48, 0.62), random.uniform(-0.05, 0.2))
    if random.random() < 0.5:
        fold = smooth([p - canvas.down * canvas.width * 0.08 for p in edge], closed=False)
        canvas.paint(stroke(fold, random.uniform(2, 8), canvas.side) * random.uniform(0.3, 0.9), cloth(canvas))
    _emblem(canvas, height)


def _cap(canvas: Canvas, height: float) -> None:
    """Its brim seen from the front: a flat crescent below the crown, lit from above or dark from below, and its shadow."""
    random = canvas.random
    fabric, bend = cloth(canvas), random.uniform(-0.1, 0.15)
    _crown(canvas, fabric, height, random.uniform(0.48, 0.6), bend)
    _emblem(canvas, height)
    reach, wide, turned = random.uniform(0.02, min(0.2, 0.14 + height)), random.uniform(0.35, 0.62), random.normal(0, 0.08)
    arch = random.uniform(-0.6, 1.0)
    low = [canvas.at(9, x * wide + turned, -0.1 - height + reach * (1 - arch * x**2)) for x in _ACROSS]
    high = [canvas.at(9, x * wide + turned, -0.14 - height - 0.04 * (1 - x**2) + bend * x**2) for x in _ACROSS[::-1]]
    brim = cloth(canvas) if random.random() < 0.3 else fabric
    canvas.cover(smooth([*low, *high], rounds=2), np.clip(brim * random.uniform(0.35, 1.0), 0, 255), shadow=0)
    fall = np.clip(plane(random, canvas.side) * 0.2 + random.uniform(0.05, 0.5), 0, 1)
    canvas.shade(fall * soften(polygon([p + canvas.down * canvas.width * 0.15 for p in low + high], canvas.side), 2.0))


def _brimmed(canvas: Canvas, height: float) -> None:
    """A hat with a brim all round: straw, felt, bucket, cowboy."""
    random = canvas.random
    fabric, wide = cloth(canvas), random.uniform(0.65, 1.3)
    _crown(canvas, fabric, height + 0.05, random.uniform(0.42, 0.58), random.uniform(-0.05, 0.1))
    if random.random() < 0.6:
        band = smooth(_edge(canvas, height + random.uniform(0.1, 0.2), 0.55, 0.0), closed=False)
        canvas.paint(stroke(band, random.uniform(1, 6), canvas.side), any_colour(random))
    lift, fall, tilt = random.uniform(0, 0.22), random.uniform(-0.25, 0.3), random.normal(0, 0.05)
    low = [canvas.at(9, x * wide, -_ABOVE_BROWS - height + fall * x**2 + tilt * x) for x in _ACROSS]
    high = [
        canvas.at(9, x * wide, -_ABOVE_BROWS - height - lift * (1 - x**2) - 0.02 + fall * x**2 + tilt * x) for x in _ACROSS[::-1]
    ]
    canvas.cover(smooth([*low, *high], rounds=2), np.clip(fabric * random.uniform(0.4, 1.0), 0, 255))


def _helmet(canvas: Canvas, height: float) -> None:
    """Smooth and wide, with a rim, a strap and a gleam."""
    random = canvas.random
    out = random.uniform(0.52, 0.8)
    tone = np.broadcast_to(any_colour(random) * max(canvas.brightness(), 0.3), (canvas.side, canvas.side, 3)).astype(np.float32)
    gleam = np.clip(noise(random, canvas.side, 25), 0, 1)[..., None] * random.uniform(0, 150)
    edge = _crown(canvas, np.clip(tone + gleam, 0, 255), height, out, random.uniform(-0.1, 0.25))
    canvas.line(smooth(edge, closed=False), random.uniform(1, 4), any_colour(random), random.uniform(0.3, 1))
    if random.random() < 0.5:
        colour = any_colour(random)
        for side, jaw in ((edge[0], 172), (edge[-1], 397)):
            canvas.line(np.stack([side, canvas.mesh[jaw], canvas.mesh[152]]), random.uniform(1, 3), colour)


def _hood(canvas: Canvas, height: float) -> None:
    random = canvas.random
    fabric, out = cloth(canvas), random.uniform(0.48, 0.62)
    _crown(canvas, fabric, height, out, random.uniform(-0.05, 0.3))
    for sign in (-1, 1):
        inner = [canvas.at(9, sign * out * 0.95, d - height) for d in (-0.3, 0.0, 0.5, 1.2)]
        outer = [canvas.at(9, sign * 1.3, d) for d in (1.2, 0.5, 0.0, -0.6)]
        canvas.cover(smooth([*inner, *outer], rounds=2), fabric, shadow=0)


def _band(canvas: Canvas, height: float) -> None:
    """A sweatband, a bandage or a folded cloth across the forehead: broad, or so narrow that most of it stays free."""
    random = canvas.random
    low, high = height, random.uniform(0.08, 0.35)
    out, bend = random.uniform(0.48, 0.56), random.uniform(-0.02, 0.12)
    lower, upper = _edge(canvas, low, out, bend), _edge(canvas, low + high, out * 0.97, bend)
    canvas.cover(smooth([*lower, *upper[::-1]], rounds=2), _rounded(canvas, cloth(canvas), out))
    _emblem(canvas, low + high / 2 - 0.2)


def _turban(canvas: Canvas, height: float) -> None:
    """Cloth wound round the head: folds that fall to both sides from the middle."""
    random = canvas.random
    fabric, out = cloth(canvas), random.uniform(0.52, 0.75)
    peak = random.uniform(-0.1, 0.35)
    edge = [canvas.at(9, x * out, -_ABOVE_BROWS - height - peak * (1 - abs(x)) + max(peak, 0) / 2) for x in _ACROSS]
    dome = _dome(canvas, height, out, random.uniform(0.7, 1.1))
    canvas.cover(smooth([*edge, *dome], rounds=2), _rounded(canvas, fabric, out))
    for up in np.linspace(0.06, 0.6, int(random.integers(3, 8))):
        fold = [p - canvas.down * canvas.width * up for p in edge]
        canvas.line(smooth(fold, closed=False), random.uniform(0.5, 2), fabric.mean(axis=(0, 1)) * 0.4, random.uniform(0.2, 0.7))


def _low_headscarf(canvas: Canvas, height: float) -> None:
    """A headscarf tied low: over the forehead to the brows, round cheeks and neck or knotted behind."""
    random = canvas.random
    fabric, out = cloth(canvas), random.uniform(0.46, 0.58)
    _crown(canvas, fabric, height, out, random.uniform(0.05, 0.35))
    if random.random() < 0.6:
        for sign, jaw in ((-1, 172), (1, 397)):
            inner = [canvas.at(9, sign * out * 0.97, -height), canvas.mesh[234 if sign < 0 else 454], canvas.mesh[jaw]]
            outer = [canvas.at(jaw, sign * 0.5, 0.6), canvas.at(9, sign * 0.9, 0.3), canvas.at(9, sign * 0.8, -0.5)]
            canvas.cover(smooth([*inner, *outer], rounds=2), fabric, shadow=0)


_KINDS: dict[str, tuple[Callable[[Canvas, float], None], float]] = {
    "beanie": (_beanie, 0.2),
    "cap": (_cap, 0.24),
    "brimmed": (_brimmed, 0.14),
    "helmet": (_helmet, 0.09),
    "hood": (_hood, 0.08),
    "band": (_band, 0.09),
    "turban": (_turban, 0.06),
    "headscarf": (_low_headscarf, 0.1),
}
"""What is drawn, and how often."""
