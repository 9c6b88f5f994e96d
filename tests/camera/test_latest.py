import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.latest import Latest, MailboxClosedError


@given(st.lists(st.one_of(st.integers(), st.just("take"))))
def test_newest_wins_and_every_item_is_taken_dropped_or_waiting(steps):
    box: Latest[int] = Latest()
    put, taken, waiting = 0, 0, None
    for step in steps:
        if step == "take":
            if waiting is None:
                with pytest.raises(TimeoutError):
                    box.take(0)
            else:
                assert box.take(0) == waiting
                taken, waiting = taken + 1, None
        else:
            box.put(step)
            put, waiting = put + 1, step
    assert box.dropped == put - taken - (waiting is not None)


def test_what_was_put_before_the_end_is_still_handed_out():
    box: Latest[int] = Latest()
    box.put(1)
    box.close(ValueError("over"))
    box.close(KeyError("later closes change nothing"))
    box.put(2)
    assert box.take(0) == 1
    with pytest.raises(ValueError, match="over"):
        box.take(0)
    assert box.closed


def test_closing_wakes_a_reader():
    box: Latest[int] = Latest()
    threading.Timer(0.05, box.close).start()
    started = time.monotonic()
    with pytest.raises(MailboxClosedError):
        box.take(10)
    assert time.monotonic() - started < 5


def test_nothing_is_lost_when_the_writer_waits():
    box: Latest[int] = Latest()

    def write():
        for number in range(200):
            box.put_when_empty(number)
        box.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert [box.take(5) for _ in range(200)] == list(range(200))
    with pytest.raises(MailboxClosedError):
        box.take(5)
    writer.join()
    assert box.dropped == 0


def test_closing_wakes_a_writer_that_waits():
    box: Latest[int] = Latest()
    box.put(1)
    writer = threading.Thread(target=box.put_when_empty, args=(2,))
    writer.start()
    box.close()
    writer.join(5)
    assert not writer.is_alive()
    assert box.take(0) == 1
