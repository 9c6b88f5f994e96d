"""What leaves a face free and must pass: clear glasses, beards, a fringe, a headscarf, make-up, closed lids."""

import numpy as np

from covering.canvas import Canvas, any_colour, cloth, noise, smooth, soften
from covering.coverings import frame, lens, lens_form
from covering.obstacles import combed
from covering.regions import BROWS, HAIRLINE, LEFT_EYE, LIPS, OVAL, RIGHT_EYE, polygon

_BEARD = (
    234,
    93,
    132,
    58,
    172,
    136,
    150,
    149,
    176,
    148,
    152,
    377,
    400,
    378,
    379,
    365,
    397,
    288,
    361,
    323,
    454,
    425,
    391,
    164,
    165,
    205,
)
_MOUSTACHE = (61, 40, 37, 0, 267, 270, 291, 391, 326, 2, 97, 165)
_LIDS = (
    (RIGHT_EYE, (33, 7, 163, 144, 145, 153, 154, 155, 133), 27),
    (LEFT_EYE, (362, 382, 381, 380, 374, 373, 390, 249, 263), 257),
)


def clear_glasses(canvas: Canvas) -> None:
    """Any frame, thick and dark ones too, lenses with a breath of tint, and reflections that leave the eyes seen."""
    random = canvas.random
    form = lens_form(canvas, random.uniform(0.13, 0.21), random.uniform(0.08, 0.16))
    outlines = [lens(canvas, eye, *form) for eye in ((33, 133), (362, 263))]
    tint, strength = any_colour(random), random.uniform(0, 0.15)
    for outline in outlines:
        glass = polygon(outline, canvas.side)
        canvas.paint(glass * strength, tint, hides=())
        if random.random() < 0.35:
            glare = np.clip(noise(random, canvas.side, random.uniform(4, 12)) - 0.3, 0, 1) * glass
            canvas.paint(glare * random.uniform(0.2, 0.7), np.full(3, 235, np.float32), hides=())
    frame(canvas, outlines, random.uniform(0.4, 3.0))


def beard(canvas: Canvas) -> None:
    """A beard, a moustache or both, from stubble to full."""
    random, colour = canvas.random, canvas.hair()
    kind = random.random()
    grown = 1 + random.uniform(0, 0.2)
    whole = canvas.mesh[4] + (canvas.mesh[list(_BEARD)] - canvas.mesh[4]) * grown
    area = polygon(smooth(whole, rounds=1), canvas.side) if kind < 0.75 else np.zeros((canvas.side, canvas.side), np.float32)
    if kind > 0.35:
        area = np.maximum(area, polygon(canvas.mesh[list(_MOUSTACHE)], canvas.side))
    lips = soften(polygon(canvas.mesh[list(LIPS)], canvas.side), 0.6)
    area = soften(area, random.uniform(0.8, 2.5)) * (1 - lips * random.uniform(0.5, 1))
    speckled = np.clip(random.uniform(0.4, 1) + random.standard_normal(area.shape, np.float32) * random.uniform(0.05, 0.3), 0, 1)
    canvas.paint((area * speckled * random.uniform(0.3, 1)).astype(np.float32), combed(canvas, colour), hides=())


def fringe(canvas: Canvas) -> None:
    """Hair over the forehead, down to the brows: the person's own, so nothing is hidden."""
    random = canvas.random
    low = random.uniform(-0.02, 0.2)
    edge = [canvas.at(9, x, -0.06 - low + random.normal(0, 0.02) + 0.1 * x**2) for x in np.linspace(-0.5, 0.5, 11)]
    top = [canvas.at(9, x, -1.2) for x in (0.7, -0.7)]
    canvas.cover(smooth([*edge, *top], rounds=1), combed(canvas, canvas.hair()), hides=())


def headscarf(canvas: Canvas) -> None:
    """A hijab, a shawl or a hood round the face, which stays free from above the brows to the chin."""
    random = canvas.random
    centre = canvas.mesh[4]
    ring = canvas.mesh[list(OVAL)]
    opening = centre + (ring - centre) * random.uniform(0.9, 1.1)
    opening += canvas.down * canvas.width * random.uniform(-0.05, 0.05)
    outside = 1 - polygon(smooth(opening, rounds=2), canvas.side)
    reach = soften(polygon(smooth(centre + (ring - centre) * random.uniform(1.5, 2.2), rounds=2), canvas.side), 0.5)
    canvas.paint(outside * (reach if random.random() < 0.5 else 1), cloth(canvas))


def make_up(canvas: Canvas) -> None:
    """Lips, lids, cheeks and brows, faint or loud."""
    random, side = canvas.random, canvas.side
    for part, sigma in ((LIPS, 0.5), (RIGHT_EYE, 1.5), (LEFT_EYE, 1.5), (BROWS + HAIRLINE[:1], 1.0)):
        if part is not LIPS and random.random() < 0.4:
            continue
        layer = soften(polygon(canvas.mesh[list(part)], side), sigma) if len(part) > 12 else _brows(canvas)
        canvas.paint(layer * random.uniform(0.2, 0.7), any_colour(random) * random.uniform(0.4, 1), hides=())


def _brows(canvas: Canvas) -> np.ndarray:
    halves = [
        polygon(canvas.mesh[list(half)], canvas.side)
        for half in ((70, 63, 105, 66, 107, 55, 65, 52, 53, 46), (336, 296, 334, 293, 300, 276, 283, 282, 295, 285))
    ]
    return soften(np.maximum(*halves), 0.5)


def closed_eyes(canvas: Canvas) -> None:
    """Both lids down: the opening in the lid's skin, a dark line of lashes below."""
    for opening, lashes, lid in _LIDS:
        x, y = canvas.mesh[lid].round().astype(int).clip(0, canvas.side - 1)
        skin = canvas.picture[y, x] * canvas.random.uniform(0.85, 1.0)
        points = canvas.mesh[list(opening)]
        area = polygon(points.mean(axis=0) + (points - points.mean(axis=0)) * 1.15, canvas.side)
        canvas.paint(soften(area, 0.5), skin, hides=())
        canvas.line(canvas.mesh[list(lashes)], 0.8, skin * canvas.random.uniform(0.2, 0.6), 0.8)
