"""What people wear over a face: masks, scarves, veils, sunglasses. Each function draws one, at random, on a canvas."""

import numpy as np

from covering.canvas import Canvas, Colour, Points, any_colour, cloth, noise, plane, smooth
from covering.regions import OVAL, polygon, stroke

_RIGHT_JAW = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152)
_LEFT_JAW = (377, 400, 378, 379, 365, 397, 288, 361, 323, 454)
_SURGICAL = ((215, 190, 150), (225, 205, 180), (200, 205, 170), (240, 240, 240), (190, 170, 220), (30, 30, 30))


def mask(canvas: Canvas) -> None:
    """A surgical, cloth or FFP2 mask: over the nose, at times below it, at times at the chin."""
    random = canvas.random
    kind = random.choice(["surgical", "cloth", "ffp2"])
    worn = random.random()
    top = 164 if worn < 0.12 else 200 if worn < 0.2 else int(random.choice([6, 197, 195, 5, 197, 195]))
    outline = _mask_outline(canvas, top, pointed=kind == "ffp2")
    canvas.cover(outline, _mask_cloth(canvas, kind, outline))
    for side in (outline[0], outline[len(outline) // 2]):
        _strap(canvas, side)
    if kind == "surgical" and top != 200:
        for drop in np.linspace(0.12, 0.3, 3):
            line = smooth(
                [canvas.at(123, 0, drop - 0.05), canvas.at(4, 0, drop + 0.05), canvas.at(352, 0, drop - 0.05)], closed=False
            )
            canvas.line(line, 0.5, np.full(3, random.uniform(30, 200), np.float32), 0.25)
    if kind == "ffp2":
        middle = smooth([canvas.at(top), canvas.at(4, 0.03), canvas.at(17), canvas.at(152)], closed=False)
        canvas.line(middle, 0.8, np.full(3, random.uniform(60, 200), np.float32), random.uniform(0.1, 0.6))


def _mask_outline(canvas: Canvas, top: int, *, pointed: bool) -> Points:
    random = canvas.random
    first = int(random.integers(0, 4)) if top != 200 else 5
    jaw = [*_RIGHT_JAW[first:], *(_LEFT_JAW[: len(_LEFT_JAW) - first])]
    centre = canvas.mesh[4]
    lower = centre + (canvas.mesh[jaw] - centre) * random.uniform(0.97, 1.12)
    rise = random.uniform(-0.04, 0.08)
    cheeks = [
        canvas.at(352, 0, rise),
        canvas.at(top, 0.1, 0.04),
        canvas.at(top),
        canvas.at(top, -0.1, 0.04),
        canvas.at(123, 0, rise),
    ]
    if top in (164, 200):
        cheeks = [canvas.at(top, 0.2, 0.01), canvas.at(top), canvas.at(top, -0.2, 0.01)]
    if pointed:
        lower[len(lower) // 2] = canvas.at(152, 0, random.uniform(0.02, 0.12))
    return smooth([*lower, *cheeks], rounds=2)


def _mask_cloth(canvas: Canvas, kind: str, outline: Points) -> Colour:
    random = canvas.random
    colour = None
    if kind == "surgical" or (kind == "ffp2" and random.random() < 0.6):
        choices = _SURGICAL if kind == "surgical" else ((240, 240, 240), (30, 30, 30), (180, 180, 180))
        colour = np.array(choices[random.integers(len(choices))], np.float32)
    fabric = cloth(canvas, colour)
    x = (np.arange(canvas.side) - outline[:, 0].mean()) / max(float(np.ptp(outline[:, 0])), 1)
    bulge = 1.08 - random.uniform(0, 1.5) * x**2
    return np.asarray(np.clip(fabric * bulge[None, :, None], 0, 255), dtype=np.float32)


def _strap(canvas: Canvas, start: Points) -> None:
    ear = canvas.mesh[234] if np.hypot(*(start - canvas.mesh[234])) < np.hypot(*(start - canvas.mesh[454])) else canvas.mesh[454]
    outwards = np.sign((ear - canvas.mesh[4]) @ canvas.right) * canvas.right * canvas.width * 0.08
    tone = np.full(3, canvas.random.choice([30, 230]) * canvas.brightness(), np.float32)
    canvas.line(np.stack([start, ear + outwards]), canvas.random.uniform(0.4, 1.2), tone, canvas.random.uniform(0.4, 1))


def scarf(canvas: Canvas) -> None:
    """A scarf or collar pulled up: to the nose, the mouth, or only the chin."""
    random = canvas.random
    top = int(random.choice([197, 195, 5, 4, 2, 164, 152, 199]))
    out = random.uniform(0.55, 0.9)
    sides = random.uniform(-0.12, 0.15)
    edge = [canvas.at(top, x, sides * abs(x) * 2 + random.normal(0, 0.015)) for x in np.linspace(-out, out, 9)]
    floor = canvas.side * 2.0
    canvas.cover(smooth([*edge, edge[-1] + [0, floor], edge[0] + [0, floor]], rounds=2), cloth(canvas))


def veil(canvas: Canvas) -> None:
    """A niqab or balaclava: cloth everywhere but a slit for the eyes."""
    random, fabric = canvas.random, cloth(canvas)
    low, high = int(random.choice([197, 195, 6, 5])), int(random.choice([9, 8, 151, 108, 69]))
    inner = random.uniform(0.42, 0.6)
    slit = smooth([canvas.at(low, x, 0.06 * abs(x)) for x in np.linspace(-inner, inner, 5)]
                  + [canvas.at(high, x, 0.05 * abs(x)) for x in np.linspace(inner, -inner, 5)], rounds=2)  # fmt: skip
    centre, grown = canvas.mesh[168], random.uniform(1.15, 1.5)
    head = smooth(centre + (canvas.mesh[list(OVAL)] - centre) * grown, rounds=2)
    floor = np.array([[canvas.side * 2.0, canvas.side * 3.0], [-canvas.side, canvas.side * 3.0]])
    inside = np.maximum(polygon(head, canvas.side), polygon(np.concatenate([canvas.mesh[[132, 361]], floor]), canvas.side))
    canvas.paint(np.clip(inside - polygon(slit, canvas.side), 0, 1), fabric)


def sunglasses(canvas: Canvas) -> None:
    """Dark, mirrored or coloured lenses, in frames of many shapes; ski goggles and blindfolds now and then."""
    random = canvas.random
    if random.random() < 0.12:
        goggles(canvas)
        return
    tint = (
        any_colour(random) * random.uniform(0.1, 0.5) if random.random() < 0.4 else np.full(3, random.uniform(5, 50), np.float32)
    )
    opacity = random.uniform(0.78, 1.0)
    surface = _lens_surface(canvas, tint)
    half_wide, half_high, droop, square = lens_form(canvas, random.uniform(0.15, 0.22), random.uniform(0.10, 0.17))
    outlines = [lens(canvas, eye, half_wide, half_high, droop, square) for eye in ((33, 133), (362, 263))]
    for outline in outlines:
        canvas.paint(polygon(outline, canvas.side) * opacity, surface)
    frame(canvas, outlines, random.uniform(0.4, 2.5))


def goggles(canvas: Canvas) -> None:
    """One piece over both eyes: goggles, a blindfold, a visor."""
    random = canvas.random
    high, out = random.uniform(0.12, 0.2), random.uniform(0.42, 0.6)
    upper = [canvas.at(168, x, -high + random.normal(0, 0.01)) for x in np.linspace(-out, out, 7)]
    lower = [canvas.at(168, x, high * (1 - 0.3 * (abs(x) < 0.1))) for x in np.linspace(out, -out, 7)]
    canvas.cover(smooth([*upper, *lower], rounds=2), cloth(canvas))


def _lens_surface(canvas: Canvas, tint: Colour) -> Colour:
    """A gradient, and at times what the lens mirrors."""
    random, side = canvas.random, canvas.side
    surface = tint * (1 + random.uniform(0, 0.8) * plane(random, side)[..., None])
    if random.random() < 0.35:
        glare = np.clip(noise(random, side, random.uniform(6, 20)), 0, 1) * random.uniform(0.2, 1.2)
        surface = surface + (any_colour(random) - surface) * np.clip(glare, 0, 1)[..., None]
    return np.asarray(np.clip(surface, 0, 255), dtype=np.float32)


def lens_form(canvas: Canvas, half_wide: float, half_high: float) -> tuple[float, float, float, float]:
    """Half width, half height, droop of the outer corner, and squareness (2: an ellipse)."""
    random = canvas.random
    return half_wide, half_high, random.uniform(-0.02, 0.05), random.uniform(1.8, 5)


def lens(canvas: Canvas, eye: tuple[int, int], half_wide: float, half_high: float, droop: float, square: float) -> Points:
    """Outline of one lens: a superellipse about the eye."""
    middle = canvas.mesh[list(eye)].mean(axis=0) + canvas.down * canvas.width * (0.02 + droop / 2)
    angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    cos, sin = np.cos(angles), np.sin(angles)
    x = np.sign(cos) * np.abs(cos) ** (2 / square) * half_wide * canvas.width
    y = np.sign(sin) * np.abs(sin) ** (2 / square) * half_high * canvas.width
    outline: Points = middle + x[:, None] * canvas.right + y[:, None] * canvas.down
    return outline


def frame(canvas: Canvas, outlines: list[Points], thickness: float) -> None:
    """Rims, bridge and temples of glasses; at times rimless, or a half rim."""
    random = canvas.random
    colour = any_colour(random) * max(canvas.brightness(), 0.3)
    style = random.random()
    for outline in outlines:
        rim = np.concatenate([outline, outline[:1]]) if style < 0.75 else outline[len(outline) // 2 - 1 :]
        if style < 0.92:
            canvas.line(rim, thickness, colour, random.uniform(0.6, 1))
    right, left = (outline.mean(axis=0) for outline in outlines)
    reach = np.ptp(outlines[0] @ canvas.right) / 2
    lift = canvas.down * canvas.width * random.uniform(0, 0.05)
    joints = [right + canvas.right * reach - lift, left - canvas.right * reach - lift]
    canvas.line(smooth([joints[0], (joints[0] + joints[1]) / 2 - lift, joints[1]], closed=False), thickness, colour)
    for outer, ear in ((right - canvas.right * reach - lift, 127), (left + canvas.right * reach - lift, 356)):
        canvas.paint(stroke(np.stack([outer, canvas.mesh[ear]]), thickness, canvas.side) * 0.9, colour, hides=())
