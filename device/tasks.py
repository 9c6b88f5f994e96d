"""The two kinds of task that control has: vital ones, whose end ends the process, and helpers, which only end with it."""

import asyncio
import logging
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

log = logging.getLogger(__name__)


class Tasks:
    """Starts tasks by name and kind; a context, which cancels and awaits all of them at its end, the newest first."""

    def __init__(self) -> None:
        self._vital: set[asyncio.Task[None]] = set()
        self._all: list[asyncio.Task[None]] = []

    def vital(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Start work without which control must not go on: `first_end` tells of its end, whether good or bad."""
        self._vital.add(self._start(name, work))

    def helper(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Start work that may end by itself; a failure is logged."""
        self._start(name, work).add_done_callback(_told)

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._all.append(task)
        return task

    async def first_end(self) -> str:
        """Wait for the first vital task to end; its name. Raises what it raised."""
        done, _ = await asyncio.wait(self._vital, return_when=asyncio.FIRST_COMPLETED)
        failed = [task for task in done if not task.cancelled() and task.exception()]
        task = (failed or list(done))[0]
        await task
        return task.get_name()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for task in reversed(self._all):
            task.cancel()
            await asyncio.wait({task})


def _told(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("%s failed: %s: %s", task.get_name(), type(error).__name__, error, exc_info=error)
