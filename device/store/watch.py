"""What others may see of the store's work: each record written to the log, and how long every piece of work took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from api.records import LogRecord
from device.feed import Feed


class StoreWatch:
    """Told by the store; those in `on_record` and `on_act`, and `on_work`, are called in the event loop and must not fail."""

    def __init__(self) -> None:
        self.written: Feed[int] = Feed()
        """Numbers of the records that were committed."""
        self.on_record: list[Callable[[LogRecord], None]] = []
        """Each is told of every record; whoever wants to know appends, and takes nobody's place."""
        self.on_act: list[Callable[[str], None]] = []
        """Each is told the kind of every act of an operator."""
        self.on_work: Callable[[str, float], None] = _nothing
        """Kind of work (`read`, `write`) and seconds from asking to answer, waiting included."""

    def wrote(self, number: int, record: LogRecord) -> int:
        """A record was committed; returns its number."""
        self.written.publish(number)
        for told in self.on_record:
            told(record)
        return number

    def acted(self, act: str) -> None:
        """What an operator did was committed."""
        for told in self.on_act:
            told(act)

    @contextmanager
    def timing(self, work: str) -> Iterator[None]:
        """Time what is done inside."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.on_work(work, time.perf_counter() - began)


def _nothing(*_: object) -> None:
    """Nobody watches."""
