"""A reader of the event socket that is killed again and again: nothing lost, order kept, only what was not stored repeated."""

import asyncio
import itertools
import random
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from api.records import LOCAL, Visit

EVENTS = 2000
KILLS = 4
EVERY = 40
"""Events after which the reader stores its cursor."""

READER = """
import asyncio, json, os, sys
import aiohttp

url, key, folder, every = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
cursor_file, seen_file = os.path.join(folder, "cursor"), os.path.join(folder, "seen")

def stored():
    try:
        with open(cursor_file) as file:
            return int(file.read())
    except FileNotFoundError:
        return 0

def store(number):
    with open(cursor_file + ".new", "w") as file:
        file.write(str(number))
    os.replace(cursor_file + ".new", cursor_file)

async def main():
    after = stored()
    with open(seen_file, "a") as seen:
        seen.write(f"begin {after}\\n")
        seen.flush()
        async with aiohttp.ClientSession(headers={"X-API-Key": key}) as http:
            async with http.ws_connect(f"{url}/ws/events/?after={after}") as socket:
                async for message in socket:
                    event = json.loads(message.data)
                    seen.write(f"{event['number']} {event['visit_id']}\\n")
                    seen.flush()
                    if event["number"] % every == 0:
                        store(event["number"])

asyncio.run(main())
"""


def runs(text: str) -> list[tuple[int, list[tuple[int, str]]]]:
    """The cursor from which each of the reader's lives began, and what it saw; a line cut off by the kill does not count."""
    found: list[tuple[int, list[tuple[int, str]]]] = []
    for line in text.split("\n")[:-1]:
        number, _, rest = line.partition(" ")
        if number == "begin":
            found.append((int(rest), []))
        else:
            found[-1][1].append((int(number), rest))
    return found


def check(lives: list[tuple[int, list[tuple[int, str]]]], written: list[str]) -> None:
    for cursor, events in lives:
        assert cursor % EVERY == 0
        assert [number for number, _ in events] == list(range(cursor + 1, cursor + 1 + len(events))), "in order, from the cursor"
    for (_, before), (cursor, _) in itertools.pairwise(lives):
        assert before[-1][0] - cursor <= EVERY, "only what came after the stored cursor comes again"
    names = {number: name for _, events in lives for number, name in events}
    assert [names[number] for number in range(1, EVENTS + 1)] == written


@pytest.mark.timeout(120)
async def test_a_killed_reader_loses_nothing_and_sees_again_only_what_it_had_not_stored(device, tmp_path: Path, root: Path):
    _, key = await device.new_client("read_events", realm=LOCAL)
    written: list[str] = []

    async def write() -> None:
        for _ in range(EVENTS):
            name = str(uuid.uuid4())
            await device.store.add_visit(Visit(name, "granted", "match", "anna", 0.9, 1400, (), "boot", 1.0, 1.8e9))
            written.append(name)

    def start() -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-c", READER, device.url, key, str(tmp_path), str(EVERY)]
        return subprocess.Popen(command, cwd=root)

    def seen() -> str:
        file = tmp_path / "seen"
        return file.read_text() if file.exists() else ""

    async def until(words: int) -> None:
        async with asyncio.timeout(60):
            while len(seen().split("\n")) < words:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    writing = asyncio.create_task(write())
    chance = random.Random(5)
    for _ in range(KILLS):
        with start() as reader:
            await until(len(seen().split("\n")) + chance.randrange(60, 400))
            reader.kill()
    with start() as reader:
        await writing
        async with asyncio.timeout(60):
            while f"{EVENTS} " not in seen()[-400:]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        reader.kill()

    lives = runs(seen())
    assert len(lives) == KILLS + 1
    check(lives, written)
