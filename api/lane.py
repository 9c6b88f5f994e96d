"""One socket's frames between reader and judge: in order, one answer each, a waiting frame gives way to a newer one. Pure."""

from collections import deque
from dataclasses import dataclass
from typing import Any

from api.frames import TimedImage
from api.wire import error_message


class TooFast(Exception):
    """More answers are owed than a client that waits for them could ever be."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that was answered without looking at it."""

    message: dict[str, Any]


Entry = TimedImage | Refused


class Lane:
    """What came and is not answered yet. An older waiting frame gives way to a newer one, and its image is let go at once."""

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._entries: deque[Entry] = deque()

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, entry: Entry) -> None:
        """Take in what came.

        Raises:
            TooFast: too much is waiting.
        """
        if len(self._entries) >= self._most:
            raise TooFast
        if isinstance(entry, TimedImage):
            for place, waiting in enumerate(self._entries):
                if isinstance(waiting, TimedImage):
                    self._entries[place] = Refused(error_message("superseded"))
        self._entries.append(entry)

    def take(self) -> Entry | None:
        """The next to be answered; None: nothing waits."""
        return self._entries.popleft() if self._entries else None
