"""A client's bytes to a picture, or the error code why not. The only place where bytes from the network meet image decoders.

Sizes are read from the header and refused before a pixel is decoded; whatever a decoder does with hostile bytes, nothing but
`ImageRefused` comes out of here.
"""

import io
import warnings

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps

from camera.frame import Image

SMALLEST_SIDE = 32
"""Pixels below which no face can be seen."""
LONGEST_SIDE = 1600
"""Pixels to which larger pictures are reduced: a face that fills less of them is too far away in any case."""

_FORMATS = ("JPEG", "PNG", "WEBP")
_PNG_DEPTH = 24
"""Offset of the bit depth in a PNG: eight bytes of signature, the length and name of IHDR, width and height (RFC 2083)."""
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_MODES = {"L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "1"}
"""Eight bits a channel; 16-bit and float pictures are no camera's frames."""


class ImageRefused(Exception):
    """The bytes are no usable picture; `code` is `invalid_frame`, `unsupported_image` or `frame_too_large`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def decode(content: bytes, max_pixels: int) -> Image:
    """Decode JPEG, PNG or WebP to BGR, upright (EXIF orientation applied), its longer side at most `LONGEST_SIDE`.

    CMYK, grey and palettes are converted, transparency is dropped; of a multi-picture JPEG the first is taken.

    Args:
        content: the file's bytes.
        max_pixels: pixels that the header may announce.

    Raises:
        ImageRefused: another format, an animation or more than 8 bits a channel (`unsupported_image`), too many pixels
            (`frame_too_large`), damaged, cut short or smaller than a face (`invalid_frame`).
    """
    if not _known(content):
        raise ImageRefused("unsupported_image")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decoded(content, max_pixels)
    except ImageRefused:
        raise
    except Pillow.DecompressionBombError as error:
        raise ImageRefused("frame_too_large") from error
    except Exception as error:  # decoders raise whatever they like
        raise ImageRefused("invalid_frame") from error


def _known(content: bytes) -> bool:
    return content.startswith(_MAGIC) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP")


def _decoded(content: bytes, max_pixels: int) -> Image:
    with Pillow.open(io.BytesIO(content), formats=_FORMATS) as picture:
        _check_header(picture, max_pixels)
        _check_depth(picture, content)
        # A JPEG is decoded at a half or less where that is still large enough.
        picture.draft(None, (LONGEST_SIDE, LONGEST_SIDE))
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    image = np.asarray(cv2.cvtColor(np.asarray(upright), cv2.COLOR_RGB2BGR), dtype=np.uint8)
    return reduced(image)


def _check_header(picture: Pillow.Image, max_pixels: int) -> None:
    width, height = picture.size
    if width * height > max_pixels:
        raise ImageRefused("frame_too_large")
    if min(width, height) < SMALLEST_SIDE:
        raise ImageRefused("invalid_frame")
    animated = picture.format in ("PNG", "WEBP") and getattr(picture, "is_animated", False)
    if animated or picture.mode not in _MODES:
        raise ImageRefused("unsupported_image")


def _check_depth(picture: Pillow.Image, content: bytes) -> None:
    """Pillow tells 16-bit colour PNGs from others nowhere: it reduces them and calls them RGB."""
    if picture.format == "PNG" and content[_PNG_DEPTH] > 8:
        raise ImageRefused("unsupported_image")


def reduced(image: Image) -> Image:
    """The picture itself, or a smaller one whose longer side is `LONGEST_SIDE`."""
    scale = LONGEST_SIDE / max(image.shape[:2])
    if scale >= 1:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
