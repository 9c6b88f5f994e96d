"""By what a frame is known again: its bytes, and what is to be seen in it. Which frames were seen before is not known here."""

import hashlib

import cv2
import numpy as np
import numpy.typing as npt

from inference.luma import Grey
from inference.observation import Box

EXACT_BYTES = 8
_SIDE = 32
_AROUND = 1.3
"""Side of the square that is hashed, in sizes of the face."""
_STEP, _GRID = 0.5, 6
"""The square's side is a power of 2 to this, and its middle on a grid of so many steps a side: it stays where it is while the
face moves a little, so that where exactly the face is shows in the bits. A square that followed it would give a person who stands
still one hash for all frames."""
_FIRST, _BITS = 12, 64


def exact(content: bytes) -> bytes:
    """Hash of a frame as it arrived: BLAKE2b, 8 bytes."""
    return hashlib.blake2b(content, digest_size=EXACT_BYTES).digest()


def _frequencies() -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows and columns of the coefficients that make the bits: the lowest ones from the twelfth diagonal on.

    Lower ones are light and the outline of any face: they hardly differ from one frame of a person to the next. Higher ones do
    not survive another encoding.
    """
    order = sorted((row + column, row, column) for row in range(_SIDE) for column in range(_SIDE))
    chosen = [(row, column) for total, row, column in order if total >= _FIRST][:_BITS]
    return np.array([row for row, _ in chosen]), np.array([column for _, column in chosen])


_ROWS, _COLUMNS = _frequencies()


def scene(grey: Grey, face: Box, scale: float) -> int:
    """Perceptual hash of a face with its surroundings, 64 bits: signs of the cosine transform (as pHash, Zauner 2010).

    Args:
        grey: the reduced frame.
        face: the face's box in pixels of the frame.
        scale: pixels of `grey` for one of the frame.
    """
    longer = max(face.width, face.height) * scale * _AROUND
    side = float(2.0 ** (round(np.log2(max(longer, 1.0)) / _STEP) * _STEP))
    grid, width = side / _GRID, max(1, round(side / _SIDE))
    x, y = (face.x + face.width / 2) * scale, (face.y + face.height / 2) * scale
    left, top = round(x / grid) * grid - side / 2, round(y / grid) * grid - side / 2
    # Only what the square can reach is smoothed.
    first, last = (
        (max(0, int(top) - width), max(0, int(left) - width)),
        (int(top + side) + width + 1, int(left + side) + width + 1),
    )
    near = grey[first[0] : max(last[0], 0), first[1] : max(last[1], 0)]
    if near.size == 0:
        return 0
    step = np.array([[side / _SIDE, 0, left - first[1]], [0, side / _SIDE, top - first[0]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    soft = cv2.blur(near, (width, width))
    chip = cv2.warpAffine(soft, step, (_SIDE, _SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    signs = cv2.dct(chip.astype(np.float32))[_ROWS, _COLUMNS] > 0
    return int.from_bytes(np.packbits(signs).tobytes(), "big")


def distance(one: int, other: int) -> int:
    """Bits in which two perceptual hashes differ."""
    return (one ^ other).bit_count()
