"""`kill -9` of control, of an event reader and of a webhook's receiver while events are written and delivered."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from api.client import ApiClient
from bench.api.audit import Life, audit, lives
from bench.api.decisions import ONE_DECISION, decide, write
from bench.api.served import REALM, WIDE, Device, free_port, made
from bench.kiosk_run import kioskctl

STORED_EVERY = 40
"""Events after which the reader stores its cursor."""
PLAN = (
    *((0.05, "socket"), (0.1, "webhook"), (0.15, "control"), (0.25, "socket"), (0.4, "webhook"), (0.5, "control")),
    *(
        (0.6, "socket"),
        (0.7, "webhook"),
        (0.8, "control"),
        (0.92, "socket"),
        (0.94, "control"),
        (0.96, "webhook"),
        (0.98, "control"),
    ),
)
"""Who is killed once the reader has seen which share of the events."""
READERS = ("socket", "webhook")
_LOOK_S = 0.02
_LIMIT_S = 300.0
_PAGE = 500


class Victim:
    """A program that is started, killed and started again."""

    def __init__(self, words: Sequence[str], secret: str) -> None:
        self._words, self._secret = words, secret
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Begin, or begin again."""
        self._process = await asyncio.create_subprocess_exec(sys.executable, "-m", *self._words, stdin=asyncio.subprocess.PIPE)
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        self._process.stdin.write(f"{self._secret}\n".encode())
        await self._process.stdin.drain()

    async def kill(self) -> None:
        """`kill -9`, where it runs."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


class Control:
    """The device itself as a victim."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._running = ExitStack()

    async def start(self) -> None:
        """Begin, or begin again; returns once the first frame is judged."""
        self._kiosk = await asyncio.to_thread(self._running.enter_context, self._device.run())

    async def kill(self) -> None:
        """`kill -9`."""
        self._kiosk.process.kill()
        await asyncio.to_thread(self._running.close)


def seen_by(file: Path) -> int:
    """How many lines of events a reader has written."""
    return file.read_bytes().count(b"event ") if file.exists() else 0


def last_by(file: Path) -> int:
    """The number of the last event that a reader has written, 0 before the first."""
    found = lives(file.read_text(encoding="ascii")) if file.exists() else []
    return max((life.numbers[-1] for life in found if life.numbers), default=0)


async def until(reached: Callable[[], bool]) -> None:
    """Wait. `TimeoutError`: not within five minutes."""
    async with asyncio.timeout(_LIMIT_S):
        while not reached():  # noqa: ASYNC110 - other processes write files
            await asyncio.sleep(_LOOK_S)


async def log_of(device: Device) -> list[tuple[int, str]]:
    """Number and session of every event of the realm."""
    found: list[tuple[int, str]] = []
    async with ApiClient(device.address, device.api_key) as api:
        cursor = 0
        while True:
            page = await api.events(cursor, _PAGE)
            found += [(event.number, event.session) for event in page.events if event.type == "attempt"]
            if page.next == cursor:
                return found
            cursor = page.next


@asynccontextmanager
async def started(victims: Mapping[str, "Control | Victim"]) -> AsyncIterator[None]:
    """All of them running; killed at the end, the device stopped."""
    try:
        for victim in victims.values():
            await victim.start()
        yield
    finally:
        for victim in reversed(list(victims.values())):
            await victim.kill()


async def killed(
    victims: Mapping[str, "Control | Victim"], seen: Path, events: int, say: Callable[[str], None]
) -> dict[str, int]:
    """Kill by plan, and start again; how often each was killed."""
    kills = dict.fromkeys(victims, 0)
    for share, name in PLAN:
        await until(lambda share=share: seen_by(seen) >= share * events)  # type: ignore[misc]
        say(f"{100 * share:.0f} % of {events:,} events are read; kill -9 of {name}")
        await victims[name].kill()
        await victims[name].start()
        kills[name] += 1
    return kills


async def measure(images: Sequence[bytes], events: int, real: int, say: Callable[[str], None]) -> dict[str, Any]:
    """`events` events, the last `real` of them decided and answered while all are delivered and everybody is killed."""
    port = free_port()
    with made(WIDE, ONE_DECISION) as device, TemporaryDirectory(prefix="facekiosk-bench-") as name:
        folder = Path(name)
        say(f"writing {events - real:,} events")
        answered = await write(device, events - real)
        url = f"http://127.0.0.1:{port}/"
        added = json.loads(kioskctl(device.config, "webhook", "add", "bench", url, "--realm", REALM, "--backlog", "--json"))
        victims: dict[str, Control | Victim] = {
            "control": Control(device),
            "socket": Victim(("bench.api.reader", device.address, str(folder), str(STORED_EVERY)), device.api_key),
            "webhook": Victim(("bench.api.receiver", str(port), str(folder)), added["secret"]),
        }
        async with started(victims):
            async with asyncio.TaskGroup() as group:
                group.create_task(decide(device, images, real, answered))
                killing = group.create_task(killed(victims, folder / "socket", events, say))
            say("waiting until all is delivered")
            log = await log_of(device)
            await until(lambda: min(last_by(folder / reader) for reader in READERS) >= log[-1][0])
        seen = {reader: lives((folder / reader).read_text(encoding="ascii")) for reader in READERS}
    return summary(log, answered, seen, killing.result())


def summary(
    log: Sequence[tuple[int, str]], answered: Sequence[str], seen: Mapping[str, Sequence[Life]], kills: Mapping[str, int]
) -> dict[str, Any]:
    """The figures: each reader against the log, and the log against what was answered."""
    numbers, sessions = [number for number, _ in log], {session for _, session in log}
    found: dict[str, Any] = {"events": len(log), "answered": len(answered), "kills": dict(kills)}
    found["forgotten"] = sum(session not in sessions for session in answered)
    return found | {reader: audit(lives_of, numbers) for reader, lives_of in seen.items()}
