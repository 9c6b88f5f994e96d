"""Control's end of the socket to one vision instance: who may connect, what it may say, and how fresh that is.

Where an observation comes from is known here, by the socket and the peer's credentials. Starting it is the supervisor's business.
"""

import asyncio
import contextlib
import itertools
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Self

from camera.frame import boot_time
from device.feed import Feed, Subscription
from device.peer import Peer, listen_privately
from device.progress import Progress
from inference.channel import (
    ChannelError,
    Embed,
    Ended,
    Heartbeat,
    Hello,
    Instruct,
    Judge,
    Judged,
    Preview,
    Seen,
    ToControl,
    ToVision,
    Waiting,
    Watch,
    encode,
    read_from_vision,
)
from inference.observation import Observation
from inference.restraint import STEADY_S

log = logging.getLogger(__name__)

Instance = Literal["camera", "remote"]

HELLO_S = 15.0
"""Seconds after connecting within which a peer must have said who it is."""

SETTLE_S = 0.05
"""Seconds in which the event loop accepts a connection that the kernel has accepted."""

LOOP = 5
"""Early ends in a row from which vision counts as failing for good, until a person has looked."""

WAIT_MAX_S = 600.0
"""Longest pause that a vision may announce, seconds."""

BACKLOG_MAX = 64 * 1024 * 1024
"""Bytes that may wait to be sent to a vision that does not read; then the connection is given up."""


class VisionLink:
    """Listens for one vision instance, one connection at a time; a context.

    Args:
        instance: `camera` or `remote`; a peer that says it is the other one is refused.
        path: the socket's path.
        model_id: the embedding that control works with; a peer with another one is refused.
        expected: says the process that may connect, or whose descendants may, None while none may; or None: any of `users`' may.
        users: the user ids that may connect; by default this process's own.
        group: the group that may open the socket besides this process's user.
        beside_id: the second embedding that control compares, in a transition; empty: none.
    """

    def __init__(
        self,
        instance: Instance,
        path: Path,
        model_id: str,
        expected: Callable[[], int | None] | None,
        users: frozenset[int] | None = None,
        beside_id: str = "",
        group: int | None = None,
    ) -> None:
        self.instance = instance
        self.path = path
        self.observations: Feed[Observation] = Feed()
        self.previews: Feed[Preview] = Feed()
        self.hello: Hello | None = None
        """What the connected vision is; None while none is connected."""
        self.ended: Ended | None = None
        """Why the last vision ended, if it said so; None again when the next connects."""
        self.failures = 0
        """Lives of vision in a row that ended early, as the supervisor or vision itself has counted them."""
        self.progress = Progress()
        self.connected = asyncio.Event()
        """Set while a vision that has said hello is connected."""
        self._gone = asyncio.Event()
        self.model_id, self.beside_id = model_id, beside_id
        self._expected = expected
        self._users = frozenset({os.getuid()}) if users is None else users
        self._group = group
        self._writer: asyncio.StreamWriter | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._watchers = 0
        self._greeted_at = 0.0
        self._instruction = ""
        self._embedding = True
        self._asked: dict[int, asyncio.Future[Judged]] = {}
        self._requests = itertools.count(1)

    @property
    def stalled_s(self) -> float:
        """Seconds without progress: of captures or of observations of the camera, whichever is older; of images that wait."""
        return boot_time() - min(self.progress.captured_at, self.progress.observed_at)

    @property
    def owed(self) -> int:
        """Images that wait for their answer."""
        return len(self._asked)

    @property
    def failing(self) -> bool:
        """Whether vision is down, and has ended so often in a row that somebody has to look."""
        return self.hello is None and self.failures >= LOOP

    @property
    def watched(self) -> bool:
        """Whether anybody watches the previews."""
        return self._watchers > 0

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            OSError: the socket cannot be made.
        """
        self._server = await asyncio.start_unix_server(self._accept, sock=listen_privately(self.path, self._group))
        return self

    async def __aexit__(self, *error: object) -> None:
        """Stop listening and close the connection there is."""
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        self.path.unlink(missing_ok=True)

    async def gone(self) -> None:
        """Wait until the vision that is connected is not any more."""
        await self._gone.wait()

    async def settle(self) -> None:
        """Wait until what a peer that is gone has sent before is taken in."""
        await asyncio.sleep(SETTLE_S)
        if self._serving:
            await asyncio.wait(self._serving, timeout=1.0)

    def hang_up(self) -> None:
        """Close the connection there is: a vision that works ends then."""
        if (writer := self._writer) is not None:
            self._disconnected()
            writer.transport.abort()

    def send(self, message: ToVision) -> bool:
        """Send without waiting; False when nobody is connected, or the peer has stopped reading."""
        writer = self._writer
        if writer is None or writer.is_closing():
            return False
        if writer.transport.get_write_buffer_size() > BACKLOG_MAX:
            log.warning("vision@%s does not read; its connection is closed", self.instance)
            writer.transport.abort()
            return False
        writer.write(encode(message))
        return True

    def ask(self, stream: str, image: bytes, time: float, *, track: bool) -> "asyncio.Future[Judged]":
        """Have an image judged; the future has the answer, or `ConnectionError` where the connection was lost before it.

        Raises:
            ConnectionError: nobody is connected.
        """
        number = next(self._requests)
        if not self._asked:
            self.progress.rest()
        if not self.send(Judge(number, stream, time, image, track)):
            raise ConnectionError("vision is not connected")
        answer: asyncio.Future[Judged] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        answer.add_done_callback(lambda _: self._asked.pop(number, None))
        return answer

    async def answered(self) -> None:
        """Wait until every image that was asked so far has its answer, or none will come."""
        if self._asked:
            await asyncio.wait(set(self._asked.values()))

    def instruct(self, instruction: str) -> None:
        """Say what the person in front is asked now; told again to a vision that connects later."""
        if instruction != self._instruction:
            self._instruction = instruction
            self.send(Instruct(instruction))

    def embed(self, *, on: bool) -> None:
        """Have embeddings computed, or none; told again to a vision that connects later."""
        if on != self._embedding:
            self._embedding = on
            self.send(Embed(on=on))

    @contextmanager
    def watch(self) -> Iterator[Subscription[Preview]]:
        """The previews, newest only; vision makes them while at least one of these contexts is open."""
        with self.previews.subscribe() as subscription:
            self._watchers += 1
            if self._watchers == 1:
                self.send(Watch(on=True))
            try:
                yield subscription
            finally:
                self._watchers -= 1
                if self._watchers == 0:
                    self.send(Watch(on=False))

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer), name=f"vision@{self.instance} link")
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._may_connect(Peer.of(writer.get_extra_info("socket"))):
                await self._converse(reader, writer)
        except (ChannelError, ConnectionError, TimeoutError) as error:
            log.warning("vision@%s: connection closed: %s", self.instance, error or type(error).__name__)
        finally:
            if self._writer is writer:
                self._disconnected()
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _disconnected(self) -> None:
        if self.hello is not None and boot_time() - self._greeted_at > STEADY_S:
            self.failures = 0
        self._writer, self.hello = None, None
        self.connected.clear()
        self._gone.set()
        for answer in tuple(self._asked.values()):
            if not answer.done():
                answer.set_exception(ConnectionError("vision went away"))

    def _may_connect(self, peer: Peer) -> bool:
        if peer.uid not in self._users or not self._is_expected(peer):
            log.warning("vision@%s: process %d of user %d may not connect", self.instance, peer.pid, peer.uid)
            return False
        if self._writer is not None:
            log.warning("vision@%s: a second connection is refused", self.instance)
            return False
        return True

    def _is_expected(self, peer: Peer) -> bool:
        if self._expected is None:
            return True
        expected = self._expected()
        return expected is not None and peer.descends_from(expected)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._greet(await self._first(reader))
        while (message := await read_from_vision(reader)) is not None:
            self._take(message)

    async def _first(self, reader: asyncio.StreamReader) -> ToControl | None:
        """The first message after the pauses that vision has announced."""
        patience, failures = HELLO_S, 0
        while True:
            async with asyncio.timeout(patience):
                message = await read_from_vision(reader)
            if not isinstance(message, Waiting):
                if self._expected is None:  # nobody here counts: vision does, and one that has not waited has counted none
                    self.failures = failures
                return message
            failures = self.failures = message.failures
            patience = HELLO_S + min(max(message.seconds, 0.0), WAIT_MAX_S)

    def _greet(self, hello: ToControl | None) -> None:
        if isinstance(hello, Ended):
            self.ended = hello
            return
        if not isinstance(hello, Hello) or hello.instance != self.instance:
            raise ChannelError(f"the first message is not the hello of vision@{self.instance}")
        if not hello.source.isprintable():
            raise ChannelError("the name of the source is no line of text")
        if hello.model_id != self.model_id:
            raise ChannelError(f"vision embeds with {hello.model_id!r}, control compares {self.model_id!r}")
        if hello.beside_id != self.beside_id:
            raise ChannelError(f"vision embeds with {hello.beside_id!r} beside, control compares {self.beside_id!r}")
        self.hello, self.ended, self.progress, self._greeted_at = hello, None, Progress(), boot_time()
        if self._watchers:
            self.send(Watch(on=True))
        if self._instruction:
            self.send(Instruct(self._instruction))
        if self.instance == "camera":
            self.send(Embed(on=self._embedding))
        self.connected.set()
        self._gone.clear()

    def _take(self, message: ToControl) -> None:
        match message, self.instance:
            case Heartbeat(captured=captured, resident_mb=resident_mb, work=work), _:
                self.progress.note(captured)
                self.progress.resident_mb, self.progress.work = resident_mb, work
                if self.instance == "remote" and not self._asked:
                    self.progress.rest()
            case Ended(), _:
                self.ended = message
            case Seen(observation=observation), "camera":
                self.progress.note(observation.seq)
                self.progress.observed_at, self.progress.begun = boot_time(), True
                self.observations.publish(observation)
            case Preview(), "camera":
                self.previews.publish(message)
            case Judged(), "remote":
                self._answer(message)
            case _:
                raise ChannelError(f"vision@{self.instance} may not send {type(message).__name__}")

    def _answer(self, judged: Judged) -> None:
        self.progress.rest()
        answer = self._asked.get(judged.request)
        if answer is not None and not answer.done():
            answer.set_result(judged)
