"""Ending a task so that neither its end nor a cancellation of whoever ends it gets lost. What tasks do is not known here."""

import asyncio
from typing import Any


async def end(task: "asyncio.Future[Any]") -> None:
    """Cancel a task and return once it is over; raises what it raised, unless that is its cancellation.

    A caller that is cancelled itself still waits for the task's end, and goes on as cancelled then. Awaiting the task inside
    `suppress(CancelledError)` would swallow the caller's cancellation instead, and the caller would never end.
    """
    task.cancel()
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    failed = None if task.cancelled() else task.exception()
    if cancelled is not None:
        raise cancelled
    if failed is not None:
        raise failed
