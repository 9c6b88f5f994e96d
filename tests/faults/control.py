"""Control that starts the faulty vision, tells each observation, and whose store fails on demand.

`python -m tests.faults.control FOLDER …`: FOLDER is as of `tests.faults.vision`. A replay counts as a camera here, which is
opened again after a failure.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

import device.app
from api.feedback import Feedback
from api.sessions import SessionService
from camera.frame import boot_time
from device.config import Config
from device.main import begin
from device.store.connection import Database
from device.vision_link import VisionLink
from inference.channel import Seen, ToControl
from tests.faults import vision as faulty

BUSY_S = 0.5
STALL_S = 2.0


def command(*arguments: Any) -> Sequence[str]:
    python, _, _, *rest = _vision_command(*arguments)
    return (python, "-m", "tests.faults.vision", str(faulty._folder), *rest)


def take(link: VisionLink, message: ToControl) -> None:
    _take(link, message)
    if isinstance(message, Seen):
        print(f"seen {boot_time()} {link._expected()} {message.observation.seq}", flush=True)
        if faulty.asked("cut") and link._writer is not None:
            link._writer.transport.abort()


async def feed(sessions: SessionService, *arguments: Any) -> Feedback:
    if faulty.asked("exception-session"):
        raise RuntimeError("injected into the session")
    return await _feed(sessions, *arguments)


@contextmanager
def transaction(database: Database) -> Iterator[None]:
    global _busy_until
    if faulty.asked("busy"):
        _busy_until = boot_time() + BUSY_S
    if boot_time() < _busy_until:
        error = dbapi2.OperationalError("database is locked")
        error.sqlite_errorcode = dbapi2.SQLITE_BUSY
        raise error
    if faulty.asked("stall"):
        time.sleep(STALL_S)
    with _transaction(database):
        yield


_busy_until = 0.0
_vision_command, device.app.vision_command = device.app.vision_command, command
_take, VisionLink._take = VisionLink._take, take
_feed, SessionService.feed = SessionService.feed, feed  # type: ignore[method-assign]
_transaction, Database.transaction = Database.transaction, transaction
Config.final_ends = property(lambda _: frozenset({"model"}))

if __name__ == "__main__":
    faulty._folder = Path(sys.argv.pop(1))
    begin(device.app.control)
