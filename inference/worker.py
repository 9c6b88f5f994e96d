"""A thread that owns what blocks, for an event loop that must not: calls go in, futures come out. What they do is not known."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Worker:
    """One daemon thread; calls run in it one after the other. A call that hangs does not keep the process from ending."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._calls: queue.SimpleQueue[tuple[asyncio.Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> "asyncio.Future[R]":
        """Run `function` in the thread after what was asked before; its result or exception is the future's."""
        answer: asyncio.Future[R] = self._loop.create_future()
        self._calls.put((answer, lambda: function(*args, **kwargs)))
        return answer

    def _run(self) -> None:
        while True:
            answer, call = self._calls.get()
            try:
                result, error = call(), None
            except BaseException as problem:  # whoever waits must learn of it
                result, error = None, problem
            # Without a loop nobody waits any more.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(_settle, answer, result, error)


def _settle(answer: "asyncio.Future[Any]", result: object, error: BaseException | None) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)
