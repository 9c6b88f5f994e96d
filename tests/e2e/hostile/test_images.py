"""Images that are none, too much, or of an unusual kind, over REST and socket: each has its documented code, nothing changes."""

import asyncio
import base64
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as Pillow

FRAME = "/api/auth/authentication/process-frame/"
PLAIN = Pillow.fromarray(np.random.default_rng(5).integers(0, 255, (96, 128, 3), dtype=np.uint8))


def file(picture: Pillow.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG written by hand: Pillow writes no 16-bit colour."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def announcing(width: int, height: int) -> bytes:
    """A JPEG whose header announces another size than it has."""
    jpeg = bytearray(file(PLAIN, "JPEG"))
    place = jpeg.index(b"\xff\xc0")
    jpeg[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(jpeg)


def animation(kind: str) -> bytes:
    frames = [Pillow.new("RGB", (64, 64), (shade, 0, 0)) for shade in (0, 120, 240)]
    return file(frames[0], kind, save_all=True, append_images=frames[1:])


JPEG, PNG, WEBP = (file(PLAIN, kind) for kind in ("JPEG", "PNG", "WEBP"))
BAD = {
    "JPEG cut short": (JPEG[: len(JPEG) // 2], 400, "invalid_frame"),
    "PNG cut short": (PNG[: len(PNG) // 2], 400, "invalid_frame"),
    "WebP cut short": (WEBP[: len(WEBP) // 2], 400, "invalid_frame"),
    "magic bytes alone": (b"\xff\xd8\xff", 400, "invalid_frame"),
    "magic bytes and noise": (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8, 400, "invalid_frame"),
    "JPEG of 32x31": (file(Pillow.new("RGB", (32, 31)), "JPEG"), 400, "invalid_frame"),
    "zero bytes": (b"", 400, "invalid_frame"),
    "PNG bomb": (png(30_000, 30_000, 8, 2, bytes(1_000_000)), 413, "frame_too_large"),
    "JPEG bomb": (announcing(65_000, 65_000), 413, "frame_too_large"),
    "too many bytes": (JPEG + bytes(600_000), 413, "frame_too_large"),
    "text": (b"hello, world", 415, "unsupported_image"),
    "program": (b"\x7fELF" + bytes(64), 415, "unsupported_image"),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported_image"),
    "BMP": (file(PLAIN, "BMP"), 415, "unsupported_image"),
    "TIFF": (file(PLAIN, "TIFF"), 415, "unsupported_image"),
    "animated GIF": (animation("GIF"), 415, "unsupported_image"),
    "animated PNG": (animation("PNG"), 415, "unsupported_image"),
    "animated WebP": (animation("WEBP"), 415, "unsupported_image"),
    "16-bit grey PNG": (png(64, 64, 16, 0, (b"\0" + bytes(128)) * 64), 415, "unsupported_image"),
    "16-bit colour PNG": (png(64, 64, 16, 2, (b"\0" + bytes(384)) * 64), 415, "unsupported_image"),
    "16-bit grey and alpha PNG": (png(64, 64, 16, 4, (b"\0" + bytes(256)) * 64), 415, "unsupported_image"),
}


@pytest.fixture(scope="module")
def made(server):
    return server.session(require_liveness=True)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("name", BAD)
def test_over_rest(served, made, name):
    content, status, code = BAD[name]
    token = made["session_token"]
    before = served.stands(token)
    said = served.call("POST", FRAME, json={"session_token": token, "frame_data": base64.b64encode(content).decode()})
    assert (said[0], said[1]["error_code"]) == (status, code)
    assert (said[1]["success"], said[1]["session_status"]) == (False, "in_progress")
    assert served.stands(token) == before


@pytest.mark.usefixtures("unchanged")
def test_over_the_socket_the_session_goes_on(served, open_socket):
    made = served.session()
    before = served.stands(made["session_token"])

    async def go():
        told = {}
        async with open_socket(made) as socket, open_socket(made, protocols=("facekiosk.v1",)) as own:
            del socket  # the newer one has taken over
            assert (await own.receive_json())["type"] == "session_state"
            for name, (content, *_) in BAD.items():
                await own.send_bytes(content)
                binary = await own.receive_json(timeout=20)
                await own.send_json({"type": "process_frame", "frame_data": base64.b64encode(content).decode()})
                told[name] = (binary["error_code"], (await own.receive_json(timeout=20))["error_code"])
        return told

    assert asyncio.run(go()) == {name: (code, code) for name, (_, _, code) in BAD.items()}
    assert served.stands(made["session_token"]) == before


@pytest.mark.usefixtures("unchanged")
def test_unusual_kinds_of_good_pictures_are_taken(served, face, as_file, as_text):
    turned = Pillow.Exif()
    turned[0x0112] = 6
    kinds = {
        "JPEG": as_file(face),
        "CMYK": as_file(face.convert("CMYK"), quality=95),
        "progressive": as_file(face, progressive=True),
        "turned by EXIF": as_file(face.rotate(90, expand=True), exif=turned, quality=92),
        "WebP": as_file(face, "WEBP", quality=90),
        "transparent": as_file(face.convert("RGBA").resize((face.width // 2, face.height // 2)), "PNG"),
    }
    usable = {}
    for name, content in kinds.items():
        token = served.session()["session_token"]
        status, said = served.call("POST", FRAME, json={"session_token": token, "frame_data": as_text(content)})
        usable[name] = (status, said["success"], said.get("error_code"))
    assert usable == dict.fromkeys(kinds, (200, True, None))


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "invalid_frame"),
        ("data:image/jpeg;base64,", "invalid_frame"),
        ("/9j/4", "invalid_frame"),
        ("/9j/4AAQ SkZJRg==", "invalid_frame"),
        ("_9j_4AAQ-kZJRg==", "invalid_frame"),
        ("%2F9j%2F4AAQ", "invalid_frame"),
        ("====", "invalid_frame"),
        ("é9j/", "invalid_frame"),
        ("\u202e/9j/", "invalid_frame"),
        ("\x00", "invalid_frame"),
        ("data:image/jpeg,/9j/4AAQ", "invalid_frame"),
        ("data:image/jpeg;base64", "invalid_frame"),
        ("data:" + ";" * 5000, "invalid_frame"),
        ("data:image/gif;base64,R0lGODlhAQABAAAAACw=", "unsupported_image"),
        ("data:text/html;base64,PGI+", "unsupported_image"),
        ("file:///etc/passwd", "invalid_frame"),
        ("http://127.0.0.1/frame.jpg", "invalid_frame"),
    ],
)
def test_broken_base64(served, made, text, code):
    status, said = served.call("POST", FRAME, json={"session_token": made["session_token"], "frame_data": text})
    assert (status, said["error_code"]) == ({"invalid_frame": 400, "unsupported_image": 415}[code], code)


def test_a_batch_with_one_bad_frame_is_refused_whole(served, made, face, as_file, as_text):
    frames = [as_text(as_file(face)), "not base64!"]
    before = served.stands(made["session_token"])
    status, said = served.call("POST", FRAME, json={"session_token": made["session_token"], "frames": frames})
    assert (status, said["error_code"]) == (400, "invalid_frame")
    assert served.stands(made["session_token"]) == before
