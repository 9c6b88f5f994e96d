"""The one thread that touches the database, fed by a queue of futures. What the work is, is not known here."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from api.ports import StoreClosed
from device.store.connection import Database
from device.store.errors import translated

T = TypeVar("T")


class _Reply(Generic[T]):
    """A future of an event loop, settled from another thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[T] = self._loop.create_future()

    def succeed(self, result: T) -> None:
        self._tell(self._set_result, result)

    def fail(self, error: BaseException) -> None:
        self._tell(self._set_exception, error)

    def _tell(self, settle: Callable[[Any], None], value: object) -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits
            self._loop.call_soon_threadsafe(settle, value)

    def _set_result(self, result: T) -> None:
        if not self.future.done():
            self.future.set_result(result)

    def _set_exception(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(error)


@dataclass(frozen=True, slots=True)
class _Job(Generic[T]):
    work: Callable[[Database], T]
    reply: _Reply[T]

    def carry_out(self, db: Database) -> None:
        # Given up before it began: then nothing of it happens. Once begun it is finished, whoever still waits.
        if self.reply.future.cancelled():
            return
        try:
            with translated():
                result = self.work(db)
        except BaseException as error:
            self.reply.fail(error)
        else:
            self.reply.succeed(result)


class Owner:
    """Opens a database in a thread of its own and carries out work there, one piece at a time."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._closed = False
        self._opened: _Reply[None] = _Reply()
        self._ended: _Reply[None] = _Reply()

    async def start(self, opening: Callable[[], Database]) -> None:
        """Start the thread and wait until the database is open; raises what `opening` raises."""
        threading.Thread(target=self._live, args=(opening,), name="store", daemon=True).start()
        try:
            await self._opened.future
        except BaseException:
            await self.stop()
            raise

    async def run(self, work: Callable[[Database], T]) -> T:
        """Carry out `work` in the thread and return what it returns.

        Raises:
            StoreClosed: after `stop`.
            StoreError: what the database said.
        """
        if self._closed:
            raise StoreClosed("the store is shutting down")
        reply: _Reply[T] = _Reply()
        self._jobs.put(_Job(work, reply))
        return await reply.future

    async def stop(self) -> None:
        """Finish what was asked, close the database, end the thread."""
        self.leave()
        await asyncio.shield(self._ended.future)

    def leave(self) -> None:
        """The same without waiting for it: the thread holds up nobody's end."""
        self._closed = True
        self._jobs.put(None)

    def _live(self, opening: Callable[[], Database]) -> None:
        try:
            with translated():
                db = opening()
        except BaseException as error:
            self._opened.fail(error)
        else:
            self._opened.succeed(None)
            self._serve(db)
        finally:
            self._ended.succeed(None)

    def _serve(self, db: Database) -> None:
        with closing(db.connection):
            while (job := self._jobs.get()) is not None:
                job.carry_out(db)
                del job  # what it holds may be personal, and the next one may be long in coming
