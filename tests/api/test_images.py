"""Frames as text: what is taken, what is refused, and that nothing else can happen."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import ApiError
from api.images import decode_frame

JPEG = b"\xff\xd8\xff\xe0 rest"
PNG = b"\x89PNG\r\n\x1a\n rest"
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 "
MOST = 1000


@pytest.mark.parametrize("image", [JPEG, PNG, WEBP])
@pytest.mark.parametrize(
    "prefix", ["", "data:image/jpeg;base64,", "DATA:IMAGE/WEBP;BASE64,", "data:image/png;name=a.png;base64,"]
)
def test_images(image, prefix):
    assert decode_frame(prefix + base64.b64encode(image).decode(), MOST) == image


def test_line_breaks_of_mime_encoders():
    image = JPEG + bytes(300)
    assert decode_frame(base64.encodebytes(image).decode(), MOST) == image


@pytest.mark.parametrize("text", ["", "====", "/9j/4", "/9j/ 4A==", "data:", "data:image/jpeg;base64", "data:;base64,/9j/", "é"])
def test_what_is_no_frame(text):
    with pytest.raises(ApiError) as refused:
        decode_frame(text, MOST)
    assert refused.value.code in ("invalid_frame", "unsupported_image")


def test_the_size_is_of_the_image():
    at_the_limit = JPEG + bytes(MOST - len(JPEG))
    assert decode_frame(base64.b64encode(at_the_limit).decode(), MOST) == at_the_limit
    with pytest.raises(ApiError, match="frame_too_large"):
        decode_frame(base64.b64encode(at_the_limit + b"x").decode(), MOST)
    with pytest.raises(ApiError, match="frame_too_large"):
        decode_frame("A" * 100_000, MOST)


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200).map(lambda raw: base64.b64encode(raw).decode())))
def test_any_text_is_an_image_or_refused(text):
    outcome: bytes | int
    try:
        outcome = decode_frame(text, MOST)
    except ApiError as error:
        outcome = error.status
    assert outcome in (400, 413, 415) or (isinstance(outcome, bytes) and 0 < len(outcome) <= MOST)
