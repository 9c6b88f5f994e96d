"""Clients' bytes: what is decoded, what is refused and how, before pixels are touched."""

import contextlib
import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from inference.decode import LONGEST_SIDE, ImageRefused, decode

LIMIT = 4_000_000
GRADIENT = np.dstack([np.tile(np.linspace(0, 255, 96), (64, 1)), np.full((64, 96), 40), np.full((64, 96), 200)]).astype(np.uint8)


def file(picture: Pillow.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def refusal(content: bytes, limit: int = LIMIT) -> str:
    with pytest.raises(ImageRefused) as refused:
        decode(content, limit)
    return refused.value.code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_channels_are_blue_first_in_every_format(kind):
    image = decode(file(Pillow.fromarray(GRADIENT), kind), LIMIT)
    assert image.shape == (64, 96, 3)
    assert image.dtype == np.uint8
    assert abs(float(image[..., 0].mean()) - 200) < 6  # blue was third in RGB
    assert image[10, -1, 2] > 230 > 25 > image[10, 0, 2]


def test_exif_orientation_is_applied():
    upright = np.zeros((64, 96, 3), np.uint8)
    upright[:, 48:] = 255
    exif = Pillow.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise to see it upright
    image = decode(file(Pillow.fromarray(upright), "JPEG", exif=exif, quality=95), LIMIT)
    assert image.shape == (96, 64, 3)
    assert image[80].mean() > 240
    assert image[10].mean() < 15


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1"])
def test_grey_palette_and_transparency_are_converted(mode):
    assert decode(file(Pillow.fromarray(GRADIENT).convert(mode), "PNG"), LIMIT).shape == (64, 96, 3)


def test_cmyk_is_converted():
    image = decode(file(Pillow.fromarray(GRADIENT).convert("CMYK"), "JPEG"), LIMIT)
    assert abs(float(image[..., 0].mean()) - 200) < 12


def test_large_pictures_are_reduced():
    image = decode(file(Pillow.new("RGB", (3000, 1000), (90, 90, 90)), "JPEG"), LIMIT)
    assert max(image.shape) == LONGEST_SIDE
    assert abs(image.shape[1] / image.shape[0] - 3) < 0.02


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_animations_are_refused(kind):
    frames = [Pillow.new("RGB", (64, 64), (shade, 0, 0)) for shade in (0, 120, 240)]
    assert refusal(file(frames[0], kind, save_all=True, append_images=frames[1:])) == "unsupported_image"


def test_sixteen_bits_are_refused():
    deep = Pillow.fromarray((np.arange(64 * 64).reshape(64, 64) * 16).astype(np.uint16))
    assert refusal(file(deep, "PNG")) == "unsupported_image"


@pytest.mark.parametrize("colours", [2, 4, 6])
def test_sixteen_bits_that_pillow_would_reduce_are_refused(colours):
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\0" + bytes(64 * 2 * {2: 3, 4: 2, 6: 4}[colours])) * 64
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 16, colours, 0, 0, 0))
    deep = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    assert refusal(deep) == "unsupported_image"


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM", "ICO"])
def test_other_formats_are_refused_by_name(kind):
    assert refusal(file(Pillow.fromarray(GRADIENT), kind)) == "unsupported_image"


@pytest.mark.parametrize("content", [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7"])
def test_what_is_no_picture_is_unsupported(content):
    assert refusal(content) == "unsupported_image"


def test_a_header_that_announces_too_much_is_refused_without_decoding():
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000)) + chunk(b"IEND", b"")
    tracemalloc.start()
    assert refusal(bomb) == "frame_too_large"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_one_pixel_over_the_limit_is_too_large():
    content = file(Pillow.new("RGB", (100, 101)), "PNG")
    assert refusal(content, 100 * 100) == "frame_too_large"
    assert decode(content, 100 * 101).shape == (101, 100, 3)


def test_pictures_too_small_for_a_face_are_invalid():
    assert refusal(file(Pillow.new("RGB", (31, 400)), "PNG")) == "invalid_frame"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_cut_short_is_invalid(kind):
    noise = np.random.default_rng(1).integers(0, 255, (128, 128, 3), dtype=np.uint8)
    content = file(Pillow.fromarray(noise), kind)
    assert refusal(content[: len(content) // 2]) == "invalid_frame"


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP"]),
    cuts=st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=12)), max_size=6),
    keep=st.integers(0, 5000),
)
def test_damaged_bytes_raise_nothing_but_a_refusal(kind, cuts, keep):
    content = bytearray(file(Pillow.fromarray(GRADIENT), kind))
    for place, change in cuts:
        place %= len(content)
        content[place : place + len(change)] = change
    with contextlib.suppress(ImageRefused):
        image = decode(bytes(content[:keep]), LIMIT)
        assert image.ndim == 3
        assert max(image.shape) <= LONGEST_SIDE
