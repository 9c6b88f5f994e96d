"""Handing items from one producer to several consumers in one event loop: each has a short queue in which the newest win."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Subscription(Generic[T]):
    """What one consumer has not taken yet; the oldest items go when it falls behind, and are counted."""

    def __init__(self, depth: int) -> None:
        self._items: deque[T] = deque(maxlen=depth)
        self._filled = asyncio.Event()
        self.dropped = 0

    def put(self, item: T) -> None:
        """Add the newest item."""
        self.dropped += len(self._items) == self._items.maxlen
        self._items.append(item)
        self._filled.set()

    async def get(self) -> T:
        """The oldest item not yet taken."""
        while not self._items:
            self._filled.clear()
            await self._filled.wait()
        return self._items.popleft()

    def take(self) -> list[T]:
        """All that waits, without waiting."""
        items = list(self._items)
        self._items.clear()
        return items

    async def within(self, seconds: float) -> T | None:
        """As `get`, or None when nothing came in time."""
        try:
            async with asyncio.timeout(seconds):
                return await self.get()
        except TimeoutError:
            return None


class Feed(Generic[T]):
    """A producer's side: what is published reaches everybody subscribed at that time."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription[T]] = set()

    def publish(self, item: T) -> None:
        """Hand an item to all subscriptions."""
        for subscription in self._subscriptions:
            subscription.put(item)

    @contextmanager
    def subscribe(self, depth: int = 1) -> Iterator[Subscription[T]]:
        """Take part until the context ends; `depth` items wait at most."""
        subscription: Subscription[T] = Subscription(depth)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
