"""Reading the whole database for damage while the store's thread goes on with its work. What damage is, the library says.

The store's one connection has the file for itself. For the time of the check nothing is moved from its journal into the file,
which a second connection in a thread of its own can then read as it stands.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from api.ports import StoreError
from device.keys import Keys
from device.store.connection import Database, connect_frozen, empty_journal, problems
from device.store.owner import Owner

TRIES = 3
"""Checks of a file that was written meanwhile (someone was erased) before it is checked in the store's own thread."""
AUTOMATIC = 1000
"""Pages in the journal at which it is moved into the file, otherwise: the library's own default."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """Looks through a store's file.

    Args:
        owner: the thread of the store's connection.
        path: the file.
        keys: that open it.
        look: what is broken; reads all of it.
    """

    owner: Owner
    path: Path
    keys: Keys
    look: Callable[[Database], list[str]] = problems

    async def run(self) -> Sequence[str]:
        """What is broken in the file, in the library's words; empty when it is whole.

        Raises:
            StoreError, OSError: it cannot be read.
        """
        for _ in range(TRIES):
            try:
                if not await self.owner.run(_freeze):
                    break
                before = _state(self.path)
                found = await self._aside()
                if not found or _state(self.path) == before:
                    return found
            finally:
                await self.owner.run(_thaw)
        return await self.owner.run(self.look)

    async def _aside(self) -> list[str]:
        reader = Owner()
        try:
            await reader.start(partial(connect_frozen, self.path, self.keys))
            found = await reader.run(self.look)
        except StoreError as error:
            found = [str(error)]
        except BaseException:
            reader.leave()
            raise
        await reader.stop()
        return found


def _freeze(db: Database) -> bool:
    """Bring the file up to date and keep it as it is; False: it cannot be, as on a full disk."""
    empty_journal(db)
    db.rows("PRAGMA wal_autocheckpoint = 0")
    busy_or_left = db.row("PRAGMA wal_checkpoint(PASSIVE)")
    return busy_or_left is not None and busy_or_left[1] == busy_or_left[2]


def _thaw(db: Database) -> None:
    db.rows(f"PRAGMA wal_autocheckpoint = {AUTOMATIC}")


def _state(path: Path) -> tuple[int, int]:
    """Changes with every writing to the file."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size
