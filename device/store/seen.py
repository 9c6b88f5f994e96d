"""Hashes of frames seen, as rows in batches, and the store's methods for them. Which are due is `device.seen`'s to say."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from api.seen_frames import Remembered
from device.store.connection import Database
from device.store.sealing import Place, seal, unseal

Work = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames that were written together."""

    boot_id: str
    boot_time: float
    """Of writing, seconds of that boot."""
    wall: float | None
    """The same in POSIX seconds, where the time was trusted."""
    frames: tuple[Remembered, ...]
    batch_id: str = ""
    """Empty: not written yet."""


def _place(batch_id: str) -> Place:
    return Place("seen_frames", batch_id, "personal")


def add(db: Database, batch: Batch, most: int) -> None:
    """Insert a batch; of the oldest, what is past `most` frames goes."""
    batch_id = secrets.token_hex(8)
    db.insert(
        "seen_frames",
        {
            "batch_id": batch_id,
            "boot_id": batch.boot_id,
            "boot_time": batch.boot_time,
            "wall": batch.wall,
            "frames": len(batch.frames),
            "personal": seal(db.keys.field, _place(batch_id), msgspec.msgpack.encode(batch.frames)),
        },
    )
    kept = 0
    for row in db.rows("SELECT batch_id, frames FROM seen_frames ORDER BY rowid DESC"):
        kept += row["frames"]
        if kept > most:
            remove(db, [row["batch_id"]])


def all_of(db: Database) -> list[Batch]:
    """Every batch, oldest first."""
    return [
        Batch(
            row["boot_id"],
            row["boot_time"],
            row["wall"],
            msgspec.msgpack.decode(unseal(db.keys.field, _place(row["batch_id"]), row["personal"]), type=tuple[Remembered, ...]),
            row["batch_id"],
        )
        for row in db.rows("SELECT * FROM seen_frames ORDER BY rowid")
    ]


def remove(db: Database, batch_ids: Sequence[str]) -> None:
    """Delete batches."""
    for batch_id in batch_ids:
        db.run("DELETE FROM seen_frames WHERE batch_id = ?", batch_id)


def remove_before(db: Database, boot_id: str, boot_time: float) -> None:
    """Delete this boot's batches of which no frame is later."""
    db.run("DELETE FROM seen_frames WHERE boot_id = ? AND boot_time < ?", boot_id, boot_time)


def replace_all(db: Database, batch: Batch, most: int) -> None:
    """One batch in place of all."""
    db.run("DELETE FROM seen_frames")
    if batch.frames:
        add(db, batch, most)


class SeenStore:
    """Hashes of frames seen. Every method is one transaction."""

    def __init__(self, read: Work, write: Work) -> None:
        self._read = read
        self._write = write

    async def add(self, batch: Batch, most: int) -> None:
        """Write a batch; of the oldest, what is past `most` frames goes."""
        await self._write(add, batch, most)

    async def all_of(self) -> Sequence[Batch]:
        """Every batch, oldest first."""
        found: Sequence[Batch] = await self._read(all_of)
        return found

    async def replace_all(self, batch: Batch, most: int) -> None:
        """Write one batch in place of all; none where it is empty."""
        await self._write(replace_all, batch, most)

    async def remove_before(self, boot_id: str, boot_time: float) -> None:
        """Delete this boot's batches of which no frame is later."""
        await self._write(remove_before, boot_id, boot_time)
