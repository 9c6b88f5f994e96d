"""A mailbox with one slot in which the newest item wins: from a fast thread to a slow one, counting what it drops."""

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class MailboxClosedError(Exception):
    """The mailbox was closed without an error of its own, and nothing is left in it."""


class Latest(Generic[T]):
    """One slot between one writer and one reader, safe across threads. An item nobody took is replaced, never queued."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._slot: list[T] = []
        self._closed: Exception | None = None
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many items were replaced before anybody took them."""
        return self._dropped

    @property
    def closed(self) -> bool:
        """Whether `close` was called; one last item may still lie in the slot."""
        return self._closed is not None

    def put(self, item: T) -> None:
        """Lay an item into the slot, over an older one if there is one. Does nothing once closed."""
        with self._changed:
            if self._closed is not None:
                return
            self._dropped += len(self._slot)
            self._slot = [item]
            self._changed.notify_all()

    def put_when_empty(self, item: T) -> None:
        """Wait until the slot is empty, then lay the item in: for a reader that must see every item. Returns when closed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._slot or self._closed is not None)
        self.put(item)

    def take(self, timeout: float | None = None) -> T:
        """Wait for an item and remove it. What was put before the mailbox closed is still handed out.

        Args:
            timeout: Seconds to wait; None waits for ever.

        Raises:
            TimeoutError: nothing came in time.
            Exception: the error the mailbox was closed with; `MailboxClosedError` where it was closed without one.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._slot or self._closed is not None, timeout):
                raise TimeoutError(f"nothing came within {timeout:g} s")
            if self._slot:
                item = self._slot.pop()
                self._changed.notify_all()
                return item
            assert self._closed is not None  # noqa: S101  # wait_for left no other way
            raise self._closed

    def close(self, error: Exception | None = None) -> None:
        """Wake whoever waits; `take` raises `error` from now on. The first close decides, later ones are ignored."""
        with self._changed:
            if self._closed is None:
                self._closed = error or MailboxClosedError("the mailbox is closed")
            self._changed.notify_all()
