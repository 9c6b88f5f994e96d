"""Work that goes on to its end though whoever asked for it goes away: a decision half carried out would be worse than none."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)


class Unbroken:
    """Runs coroutines that the caller's cancellation does not reach."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    async def whole(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`; when the caller is cancelled, `work` is not."""
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # Nobody else will look at its failure now.
            task.add_done_callback(_note)
            raise

    async def drain(self) -> None:
        """Return once nothing runs any more."""
        await asyncio.gather(*self._running, return_exceptions=True)


def _note(task: asyncio.Task[Any]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.error("work whose caller had gone failed: %s: %s", type(error).__name__, error)
