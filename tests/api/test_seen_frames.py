"""Frames of earlier sessions: refused when they come again, by bytes or by their order, and only then."""

import msgspec
import pytest

from api import seen_frames
from api.seen_frames import SEEN_BEFORE, SeenFrames

HOUR = 3600.0


def scene(n: int) -> int:
    """Pictures that differ in half of their bits."""
    return int.from_bytes(__import__("hashlib").blake2b(str(n).encode(), digest_size=8).digest(), "big")


@pytest.fixture
def show(seen):
    """Shows pictures of a session; whether any was known from an earlier one."""

    def show(frames, token, pictures, start=0.0, *, local=False, exact=True, flip=0):
        known = False
        for n, picture in enumerate(pictures):
            plain = seen(n + 1, time=start + n * 0.1)
            marked = msgspec.structs.replace(
                plain, exact=picture.to_bytes(8, "big") if exact else None, scene=scene(picture) ^ flip
            )
            known |= SEEN_BEFORE in frames.marked(token, marked, start + n * 0.1, local=local).liveness.alarms
        return known

    return show


def test_the_same_bytes_in_a_later_session_are_known_from_any_source(show):
    frames = SeenFrames(24 * HOUR)
    assert not show(frames, "a", range(20))
    assert not show(frames, "a", range(20), 5.0)
    assert show(frames, "b", range(20), 10.0)
    assert show(frames, "c", range(20), 10.0, local=True)


def test_a_stream_encoded_anew_is_known_by_the_order_of_its_pictures(show):
    frames = SeenFrames(24 * HOUR)
    show(frames, "a", range(20), exact=False)
    assert show(frames, "b", range(3, 15), 10.0, exact=False, flip=0b11)
    assert not show(frames, "c", range(3, 15), 20.0, exact=False, local=True)


def test_a_wall_that_stays_the_same_and_pictures_in_another_order_are_not_known(show):
    frames = SeenFrames(24 * HOUR)
    show(frames, "a", range(20), exact=False)
    assert not show(frames, "b", [7] * 30, 10.0, exact=False)
    assert not show(frames, "c", [3, 9, 3, 9, 3, 9, 3, 9], 20.0, exact=False)
    assert not show(frames, "d", range(15, 2, -1), 30.0, exact=False)
    assert not show(frames, "e", range(100, 120), 40.0, exact=False)


def test_frames_are_forgotten_in_time_and_never_too_many_are_kept(show, monkeypatch):
    frames = SeenFrames(24 * HOUR)
    show(frames, "a", range(20))
    assert not show(frames, "b", range(20), 24 * HOUR + 10.0)
    monkeypatch.setattr(seen_frames, "MOST", 5)
    small = SeenFrames(24 * HOUR)
    for session in range(20):
        show(small, f"s{session}", range(session * 100, session * 100 + 30), session * 10.0)
    assert len(small._exact) <= 6
    assert len(small._films) <= seen_frames.COMPARED


def test_how_near_two_hashes_of_one_picture_are_is_a_setting(show):
    for bits, known in ((2, False), (4, True)):
        frames = SeenFrames(24 * HOUR, bits)
        show(frames, "a", range(20), exact=False)
        assert show(frames, "b", range(3, 15), 10.0, exact=False, flip=0b1111) is known


def test_nothing_is_remembered_where_nothing_is_to_be(show):
    frames = SeenFrames(0)
    show(frames, "a", range(20))
    assert not show(frames, "b", range(20), 10.0)
