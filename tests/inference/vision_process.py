"""The vision process as tests talk to it: control's end of the socket, and what can be asked of a process."""

import asyncio
import os
from pathlib import Path

from inference.channel import (
    encode,
    read_from_vision,
)
from inference.manifest import load_manifest

MODEL_ID = load_manifest().embedding.id


class Control:
    """Control's end: everything that a vision says, as it comes."""

    def __init__(self):
        self.messages = []
        self.changed = asyncio.Condition()
        self.connected = asyncio.Event()
        self.reads = asyncio.Event()
        self.reads.set()

    async def serve(self, reader, writer):
        self.writer = writer
        self.connected.set()
        while True:
            await self.reads.wait()
            message = await read_from_vision(reader)
            if message is None:
                break
            async with self.changed:
                self.messages.append(message)
                self.changed.notify_all()
        writer.close()

    def of(self, kind):
        return [message for message in self.messages if isinstance(message, kind)]

    async def until(self, kind, count=1):
        async with self.changed, asyncio.timeout(30):
            await self.changed.wait_for(lambda: len(self.of(kind)) >= count)
        return self.of(kind)

    def send(self, message):
        self.writer.write(encode(message))


async def status(process):
    async with asyncio.timeout(20):
        return await process.wait(), (await process.stderr.read()).decode()


def niceness(process: int) -> set[int]:
    """Of all threads of a process."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return {os.getpriority(os.PRIO_PROCESS, int(thread.name)) for thread in threads}


def replay(path: Path, **more) -> dict:
    return {"camera": {"source": "replay", "path": str(path), "fps": 20, "loop": True, **more}}
