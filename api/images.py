"""A client's frame as bytes: base64, length and magic bytes checked, nothing more. Dimensions and decoding are vision's."""

import base64
import binascii
import re

from api.errors import ApiError

_DATA_URL = re.compile(r"data:([^;,]{0,100})((?:;[^;,]{0,100}){0,5}),", re.IGNORECASE)
_TYPES = frozenset({"image/jpeg", "image/jpg", "image/png", "image/webp"})
_BREAKS = str.maketrans("", "", "\r\n")
"""Line breaks, as MIME encoders put them in."""


def decode_frame(text: str, max_bytes: int) -> bytes:
    """The image in a data URL or in bare base64.

    Raises:
        ApiError: `invalid_frame` (no base64, or empty), `frame_too_large`, `unsupported_image` (not JPEG, PNG or WebP).
    """
    if len(text) > max_bytes * 3 // 2 + 1024:
        raise ApiError("frame_too_large", details={"max_bytes": max_bytes})
    try:
        image = base64.b64decode(_payload(text).translate(_BREAKS), validate=True)
    except (binascii.Error, ValueError):
        raise ApiError("invalid_frame") from None
    return check_image(image, max_bytes)


def check_image(image: bytes, max_bytes: int) -> bytes:
    """The same bytes, where they can be an image. Raises as `decode_frame`."""
    if not image:
        raise ApiError("invalid_frame", "the frame is empty")
    if len(image) > max_bytes:
        raise ApiError("frame_too_large", details={"max_bytes": max_bytes})
    if not _known(image):
        raise ApiError("unsupported_image")
    return image


def _payload(text: str) -> str:
    if text[:5].lower() != "data:":
        return text
    match = _DATA_URL.match(text)
    if match is None or not match[2].lower().endswith(";base64"):
        raise ApiError("invalid_frame", "the data URL is not base64")
    if match[1].strip().lower() not in _TYPES:
        raise ApiError("unsupported_image")
    return text[match.end() :]


def _known(image: bytes) -> bool:
    jpeg = image.startswith(b"\xff\xd8\xff")
    png = image.startswith(b"\x89PNG\r\n\x1a\n")
    webp = image.startswith(b"RIFF") and image[8:12] == b"WEBP"
    return jpeg or png or webp
