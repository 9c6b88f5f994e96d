"""Light and camera: fields that pictures are multiplied with, and what a camera does to a picture. Everything from one seed."""

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Random = np.random.Generator

_TILE = 1024
_NOISE = np.random.default_rng(0).standard_normal((_TILE, _TILE, 3), np.float32)
"""Drawn once: noise is cut out of it at random places."""


def wave(shape: tuple[int, ...], cycles: float, turn: float, phase: float, bend: float = 0.0) -> Floats:
    """(height, width) of a plane wave, -1..1: `cycles` a pixel, turned, and bent across by so many radians."""
    y, x = np.arange(shape[0], dtype=np.float32)[:, None], np.arange(shape[1], dtype=np.float32)
    across = x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))
    along = (y * np.float32(np.cos(turn)) - x * np.float32(np.sin(turn))) / np.float32(shape[0])
    return np.asarray(np.sin(np.float32(2 * np.pi * cycles) * across + np.float32(bend) * along * along + np.float32(phase)))


def ramp(shape: tuple[int, ...], random: Random) -> Floats:
    """(height, width) of a plane in any direction, about -1..1."""
    turn = random.uniform(0, 2 * np.pi)
    y, x = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None], np.linspace(-1, 1, shape[1], dtype=np.float32)
    return np.asarray(x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn)), dtype=np.float32)


def blobs(shape: tuple[int, ...], random: Random) -> Floats:
    """(height, width) of one to three soft spots, 0..1."""
    y, x = np.linspace(0, 1, shape[0], dtype=np.float32)[:, None], np.linspace(0, 1, shape[1], dtype=np.float32)
    field = np.zeros(shape[:2], np.float32)
    for _ in range(random.integers(1, 4)):
        (cx, cy), (wide, high) = random.uniform(0, 1, 2), random.uniform(0.03, 0.35, 2)
        distance = ((x - cx) / np.float32(wide)) ** 2 + ((y - cy) / np.float32(high)) ** 2
        np.maximum(field, np.exp(-(distance ** np.float32(random.uniform(0.7, 3)))), out=field)
    return field


def speckle(shape: tuple[int, ...], random: Random, strength: float) -> Floats:
    """(height, width) of noise with grains of one to three pixels."""
    noise = grains(shape, random)[..., 0]
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), random.uniform(0.5, 1.5)) * np.float32(2 * strength), dtype=np.float32)


def grains(shape: tuple[int, ...], random: Random) -> Floats:
    """(height, width, 3) of white noise, standard deviation 1; repeats beyond 1024 pixels."""
    top, left = random.integers(0, _TILE, 2)
    rows, columns = (np.arange(shape[0]) + top) % _TILE, (np.arange(shape[1]) + left) % _TILE
    return _NOISE[rows[:, None], columns]


def exposed(picture: npt.NDArray[np.uint8], random: Random, strength: float) -> npt.NDArray[np.uint8]:
    """Another exposure, tone curve and white balance; `strength` 1 is mild."""
    gamma = np.exp(random.normal(0, 0.13 * strength))
    gain = np.exp(random.normal(0, 0.10 * strength)) * np.exp(random.normal(0, 0.04 * strength, 3))
    lift, pivot = random.normal(0, 5 * strength), random.uniform(90, 150)
    contrast = np.exp(random.normal(0, 0.10 * strength))
    levels = np.arange(256, dtype=np.float64)[:, None] / 255
    tones = ((255 * levels**gamma * gain - pivot) * contrast + pivot + lift).clip(0, 255)
    table = tones.round().astype(np.uint8)[None]
    changed = np.asarray(cv2.LUT(picture, table), dtype=np.uint8)
    if random.random() < 0.06 * strength:
        changed = np.asarray(cv2.cvtColor(cv2.cvtColor(changed, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    elif random.random() < 0.3:
        grey = cv2.cvtColor(cv2.cvtColor(changed, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        share = 1 + random.uniform(-0.3, 0.25) * strength
        changed = np.asarray(cv2.addWeighted(changed, share, grey, 1 - share, 0), dtype=np.uint8)
    return changed


def filmed(picture: npt.NDArray[np.uint8], random: Random, strength: float) -> npt.NDArray[np.uint8]:
    """What another camera makes of it: softer or sharper, noisier, coded."""
    kind = random.random()
    if kind < 0.25:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), random.uniform(0.3, 0.5 + 0.7 * strength)), dtype=np.uint8)
    elif kind < 0.4:
        soft = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.6, 1.5))
        share = 1 + random.uniform(0.2, 0.7) * strength
        picture = np.asarray(cv2.addWeighted(picture, share, soft, 1 - share, 0), dtype=np.uint8)
    if random.random() < 0.45:
        noise = grains(picture.shape, random)
        if random.random() < 0.5:
            noise = noise[..., :1]
        picture = np.clip(picture + noise * np.float32(random.uniform(0.5, 4 * strength + 1)), 0, 255).astype(np.uint8)
    if random.random() < 0.6:
        quality = int(random.integers(max(25, int(70 - 25 * strength)), 97))
        coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        picture = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)
    return picture
