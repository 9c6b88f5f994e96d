"""Simulated presentation attacks: a picture printed or shown on a screen, held before something, and filmed.

An addition to real prints only: networks that learned from such pictures alone told real attacks no better than chance.
"""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from passive.light import Random, blobs, ramp, speckle, wave
from passive.sources import Mesh, Picture

Floats = npt.NDArray[np.float32]
_FACE = (95.0, 230.0)
"""Range of the face's width in the filmed picture, pixels."""
_FRAMES = ((640, 480), (640, 480), (640, 360), (480, 640), (400, 640), (480, 480))


def shown(content: Picture, mesh: Mesh, background: Picture, random: Random) -> tuple[Picture, Mesh, str]:
    """The content on paper or on a screen before the background: the picture, the mesh in it, and which of the two."""
    kind = "print" if random.random() < 0.45 else "screen"
    part, mesh = _cut(content, mesh, random)
    surface = _printed(part, random) if kind == "print" else _displayed(part, random)
    surface, border = _bordered(surface, kind, random)
    picture, mesh = _held(surface, mesh + border, background, random)
    effects = _PAPER if kind == "print" else _SCREEN
    for effect, chance in effects:
        if random.random() < chance:
            picture = effect(picture, random)
    return np.clip(picture, 0, 255).astype(np.uint8), mesh, kind


def _cut(content: Picture, mesh: Mesh, random: Random) -> tuple[Picture, Mesh]:
    """What of the content is shown: from little more than the face to all of it."""
    height, width = content.shape[:2]
    low, high = mesh.min(axis=0), mesh.max(axis=0)
    reach = random.uniform(0.15, 1.6, (2, 2)) * (high - low)
    left, top = np.maximum(low - reach[0], 0).astype(int)
    right, bottom = np.minimum(high + reach[1], (width, height)).astype(int)
    return content[top:bottom, left:right], mesh - (left, top)


def _printed(part: Picture, random: Random) -> Floats:
    """Ink on paper: fewer colours, no black, a cast, dots at times."""
    picture = part.astype(np.float32)
    grey = picture.mean(axis=2, keepdims=True)
    picture = grey + (picture - grey) * np.float32(random.uniform(0.45, 1.0))
    low, high = random.uniform(5, 55), random.uniform(185, 250)
    picture = low + picture * ((high - low) / 255)
    return picture * random.normal(1, 0.05, 3).astype(np.float32)


def _displayed(part: Picture, random: Random) -> Floats:
    """Light from a panel: another gamma, brighter, mostly bluish, its black not black."""
    picture = 255 * (part.astype(np.float32) / 255) ** np.float32(random.uniform(0.75, 1.35))
    cast = np.array((random.uniform(0.98, 1.2), random.uniform(0.95, 1.06), random.uniform(0.82, 1.05)), np.float32)
    return picture * cast * np.float32(random.uniform(0.75, 1.3)) + np.float32(random.uniform(0, 22))


def _bordered(surface: Floats, kind: str, random: Random) -> tuple[Floats, Floats]:
    """A white margin or a dark bezel, or none; how far the content moved."""
    size = min(surface.shape[:2])
    if random.random() < 0.25:
        return surface, np.zeros(2, np.float32)
    x, y = (int(size * share) for share in random.uniform(0.01, 0.12, 2))
    tone = random.uniform(190, 250) if kind == "print" else random.uniform(3, 45)
    return cv2.copyMakeBorder(surface, y, y, x, x, cv2.BORDER_CONSTANT, value=(tone, tone, tone)), np.array((x, y), np.float32)


def _held(surface: Floats, mesh: Mesh, background: Picture, random: Random) -> tuple[Floats, Mesh]:
    """The surface in the hand: somewhere in the frame, a little askew; paper bends."""
    width, height = _FRAMES[random.integers(len(_FRAMES))]
    rows, columns = surface.shape[:2]
    scale = np.exp(random.uniform(*np.log(_FACE))) / max(float(np.ptp(mesh[:, 0])), 1.0)
    if scale < 0.6:
        shrink = max(scale, 0.2)
        surface = cv2.resize(surface, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        mesh, scale = mesh * np.float32(shrink), scale / shrink
        rows, columns = surface.shape[:2]
    corners = np.array(((0, 0), (columns, 0), (columns, rows), (0, rows)), np.float32)
    turn = np.deg2rad(random.normal(0, 5))
    rotation = np.array(((np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn)))) * scale
    place = np.array((width, height)) * random.uniform(0.36, 0.64, 2)
    quad = (corners - mesh.mean(axis=0)) @ rotation.T + place
    quad += random.normal(0, 0.03, (4, 2)) * np.array((columns, rows)) * scale
    matrix = cv2.getPerspectiveTransform(corners, quad.astype(np.float32))
    behind = _behind(background, width, height, random)
    cover = cv2.warpPerspective(np.ones((rows, columns), np.float32), matrix, (width, height), flags=cv2.INTER_LINEAR)[..., None]
    picture = cv2.warpPerspective(surface, matrix, (width, height), flags=cv2.INTER_LINEAR)
    moved = cv2.perspectiveTransform(mesh[None].astype(np.float32), matrix)[0]
    return picture * cover + behind * (1 - cover), np.asarray(moved, dtype=np.float32)


def _behind(background: Picture, width: int, height: int, random: Random) -> Floats:
    whole = cv2.resize(background, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    if random.random() < 0.5:
        whole = cv2.GaussianBlur(whole, (0, 0), random.uniform(2, 14))
    if random.random() < 0.3:
        whole = whole * 0.15 + random.uniform(20, 220, 3).astype(np.float32) * 0.85
    return whole * np.float32(random.uniform(0.3, 1.2))


def _moire(picture: Floats, random: Random) -> Floats:
    """Panel and sensor beat: stripes whose phase differs between the colours."""
    turn, cycles = random.uniform(0, np.pi), np.exp(random.uniform(np.log(0.02), np.log(0.45)))
    strength = random.uniform(0.015, 0.13)
    phases = random.uniform(0, 2 * np.pi) + np.array((0.0, 2.1, 4.2)) * random.uniform(0, 1)
    stripes = [wave(picture.shape, cycles, turn, phase, bend=random.uniform(0, 3)) for phase in phases]
    return picture * (1 + np.float32(strength) * np.stack(stripes, axis=2))


def _grid(picture: Floats, random: Random) -> Floats:
    """Two crossed fine waves: the pixels of a panel, or a print's dots."""
    cycles, turn = random.uniform(0.15, 0.5), random.uniform(0, np.pi)
    crossed = wave(picture.shape, cycles, turn, 0.0) * wave(picture.shape, cycles, turn + np.pi / 2, 0.0)
    return picture * (1 + np.float32(random.uniform(0.02, 0.12)) * crossed[..., None])


def _banding(picture: Floats, random: Random) -> Floats:
    """Refresh against shutter: wide dark bands."""
    bands = wave(picture.shape, random.uniform(0.001, 0.008), np.pi / 2 + random.normal(0, 0.03), random.uniform(0, 6))
    return picture * (1 + np.float32(random.uniform(0.02, 0.14)) * bands[..., None])


def _glare(picture: Floats, random: Random) -> Floats:
    """A lamp or a window mirrored in glass or gloss."""
    return picture + np.float32(random.uniform(15, 130)) * blobs(picture.shape, random)[..., None]


def _shade(picture: Floats, random: Random) -> Floats:
    """Light that falls over a plane or a bent sheet from one side."""
    fall = ramp(picture.shape, random)
    return picture * (
        1 + np.float32(random.uniform(0.05, 0.4)) * (fall if random.random() < 0.5 else np.cos(2 * fall))[..., None]
    )


def _grain(picture: Floats, random: Random) -> Floats:
    """The paper's own texture."""
    return picture + speckle(picture.shape, random, random.uniform(1, 5))[..., None]


def _soft(picture: Floats, random: Random) -> Floats:
    """A second lens: what was filmed twice is seldom sharp."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), random.uniform(0.4, 1.6)), dtype=np.float32)


Effect = Callable[[Floats, Random], Floats]
_PAPER: tuple[tuple[Effect, float], ...] = ((_soft, 0.6), (_grid, 0.25), (_grain, 0.5), (_shade, 0.6), (_glare, 0.25))
_SCREEN: tuple[tuple[Effect, float], ...] = (
    (_soft, 0.5),
    (_moire, 0.6),
    (_grid, 0.4),
    (_banding, 0.35),
    (_glare, 0.4),
    (_shade, 0.2),
)
