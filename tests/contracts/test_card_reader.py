"""The contract of `device.reader.base.CardReader`, held by the simulated reader and the real one on a stand-in for its device."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.cards import parsed
from device.reader.base import LONGEST, CardReader, ReaderGone
from device.reader.desk import read_cards
from device.reader.evdev import EvdevReader
from device.reader.keys import EV_KEY, EVENT, PLAIN, SHIFTED, Typed
from device.reader.simulated import SimulatedReader

CODES = {key: (code, False) for code, key in reversed(PLAIN.items())} | {
    key: (code, True) for code, key in SHIFTED.items() if key not in PLAIN.values()
}


def keys(text: str, end: int = 28) -> bytes:
    """What the kernel says while a reader types this, with the noise of scan codes and synchronisation."""
    events = []
    for code, shift in [*(CODES[key] for key in text), (end, False)]:
        events += [(4, 4, 458756), *([(EV_KEY, 42, 1)] if shift else []), (EV_KEY, code, 1), (EV_KEY, code, 2), (0, 0, 0)]
        events += [(EV_KEY, code, 0), *([(EV_KEY, 42, 0)] if shift else []), (0, 0, 0)]
    return b"".join(EVENT.pack(1, 2, *event) for event in events)


@dataclass
class Case:
    reader: CardReader
    show: Callable[[str], None]
    unplug: Callable[[], None]


@pytest.fixture(params=["simulated", "evdev"])
async def case(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Case]:
    if request.param == "simulated":
        simulated = SimulatedReader()
        yield Case(simulated, simulated.show, simulated.unplug)
        return
    path = tmp_path / "event0"
    os.mkfifo(path)
    held = os.open(path, os.O_RDWR)
    yield Case(EvdevReader(path, grab=False), lambda text: void(os.write(held, keys(text))), lambda: os.close(held))


def void(_: object) -> None: ...


async def test_texts_come_one_by_one_as_they_were_shown(case: Case) -> None:
    async with asyncio.timeout(5), case.reader as reader:
        case.show("0012345678")
        case.show("Visitor-7_x")
        assert [await reader.read(), await reader.read()] == ["0012345678", "Visitor-7_x"]
        reading = asyncio.ensure_future(reader.read())
        await asyncio.sleep(0.02)
        case.show("late")
        assert await reading == "late"


async def test_what_is_too_long_or_empty_is_no_text(case: Case) -> None:
    async with asyncio.timeout(5), case.reader as reader:
        for text in ("", "x" * (LONGEST + 1), "good"):
            case.show(text)
        assert await reader.read() == "good"


async def test_a_reader_that_is_gone_says_so(case: Case) -> None:
    async with asyncio.timeout(5), case.reader as reader:
        case.show("last")
        assert await reader.read() == "last"
        case.unplug()
        with pytest.raises(ReaderGone):
            await reader.read()


async def test_a_reader_that_is_not_there_is_told_and_tried_again(tmp_path: Path) -> None:
    path, shown = tmp_path / "event0", asyncio.Queue[str]()
    reading = asyncio.ensure_future(read_cards(lambda: EvdevReader(path, grab=False), shown.put, again_s=0.02))
    await asyncio.sleep(0.05)
    os.mkfifo(path)
    held = os.open(path, os.O_RDWR)
    os.write(held, keys("0012345678", end=15))
    async with asyncio.timeout(5):
        assert await shown.get() == "0012345678"
    reading.cancel()
    await asyncio.wait({reading})
    os.close(held)


async def test_a_file_that_is_no_input_device_cannot_be_grabbed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    with pytest.raises(ReaderGone, match="Inappropriate"):
        async with EvdevReader(path):
            pass


@given(st.binary(max_size=20 * EVENT.size))
def test_no_bytes_of_a_device_break_anything(noise: bytes) -> None:
    usable = noise[: len(noise) - len(noise) % EVENT.size]
    assert all(len(text) <= LONGEST for text in Typed().take(usable))


def test_a_key_that_no_card_has_spoils_the_text() -> None:
    escape = b"".join(EVENT.pack(0, 0, EV_KEY, 1, value) for value in (1, 0))
    (text,) = Typed().take(keys("0012345", end=1) + escape + keys("678"))
    assert parsed(text) is None
