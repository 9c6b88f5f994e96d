"""The administration socket: operators' commands over a Unix stream socket, one connection a command, and its client.

What a command does is `device.operations`' business. Messages are msgpack behind the length prefix of `inference.channel`:
the client sends one command, then its photos where it has any; the device answers with replies, the last `Done` or `Failed`.
Closing the connection cancels the command.
"""

import asyncio
import contextlib
import logging
import os
import re
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from pathlib import Path
from typing import Protocol

import msgspec

from api.ports import StoreError
from device.asker import asked_by, behind_sudo
from device.command import OperationRefused
from device.commands import AnyCommand, AnyReply, Done, Failed
from device.enroll_commands import EnrollPhotos, Photo
from device.peer import Peer, listen_privately
from inference.channel import ChannelError, pack, unpack

logger = logging.getLogger(__name__)

COMMAND_TIMEOUT_S = 10.0
"""Seconds that a client may take to say what it wants, and for each photo that it announced."""

_encoder = msgspec.msgpack.Encoder()
_commands: msgspec.msgpack.Decoder[AnyCommand] = msgspec.msgpack.Decoder(AnyCommand)
_photos: msgspec.msgpack.Decoder[Photo] = msgspec.msgpack.Decoder(Photo)
_replies: msgspec.msgpack.Decoder[AnyReply] = msgspec.msgpack.Decoder(AnyReply)


def store_code(kind: type[StoreError]) -> str:
    """The error's code for operators: `store_full` of StoreFull."""
    return re.sub(r"(?<=[a-zA-Z])(?=[A-Z])", "_", kind.__name__).lower()


class AdminError(Exception):
    """The other side cannot be talked to; the message says what to do."""


class NotRunning(AdminError):
    """Nothing listens on the administration socket."""


class Console(Protocol):
    """Whatever carries out commands: the operations themselves, or a connection to the process that has them."""

    def perform(self, command: AnyCommand, photos: AsyncIterator[Photo] | None = None) -> AsyncGenerator[AnyReply, None]:
        """Carry out one command; the replies, without the closing `Done` or `Failed`.

        Raises:
            OperationRefused: the device did not do it.
        """


class AdminServer:
    """Serves a console on a Unix socket of mode 0600 to the given users only; a context."""

    def __init__(self, console: Console, path: Path, *, users: Iterable[int] | None = None) -> None:
        """`users`: the user ids that may connect; by default root and the user of this process."""
        self._console = console
        self._path = path
        self._users = frozenset({0, os.getuid()} if users is None else users)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "AdminServer":
        """Listen. The caller holds the data directory's lock, so a socket file that is there is left over.

        Raises:
            OSError: the socket cannot be made.
        """
        self._server = await asyncio.start_unix_server(self._connected, sock=listen_privately(self._path))
        return self

    async def __aexit__(self, *error: object) -> None:
        """Stop listening, cancel what runs and take the socket file away."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer), name="admin connection")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            last = await self._answer(reader, writer)
            writer.write(pack(_encoder.encode(last)))
            await writer.drain()
        except ConnectionError:
            logger.debug("an operator's connection was closed before its end")
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Done | Failed:
        peer = Peer.of(writer.get_extra_info("socket"))
        if peer.uid not in self._users:
            logger.warning("user id %d was refused at the administration socket", peer.uid)
            return Failed(code="forbidden", message="only root and the kiosk's own user may administer this device; use sudo")
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                body = await unpack(reader)
            if body is None:
                return Failed(code="invalid_request", message="the connection was closed before a command came")
            command = _commands.decode(body)
            with asked_by(peer.uid, command.by):
                return await self._carry_out(command, reader, writer)
        except (ChannelError, msgspec.MsgspecError) as error:
            return Failed(code="invalid_request", message=f"not a command that this version of the kiosk knows: {error}")
        except TimeoutError:
            return Failed(code="invalid_request", message=f"nothing came for {COMMAND_TIMEOUT_S:.0f} s")

    async def _carry_out(self, command: AnyCommand, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Done | Failed:
        """Run the command beside a watch on the connection, whichever ends first ending the other."""
        uploads = _Uploads(command.photos if isinstance(command, EnrollPhotos) else 0, reader)
        work = asyncio.ensure_future(self._reply_to(command, uploads.photos(), writer))
        gone = asyncio.ensure_future(uploads.run())
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            if (error := gone.exception()) is not None:
                raise error
            raise ConnectionResetError
        finally:
            for task in (work, gone):
                task.cancel()
            await asyncio.gather(work, gone, return_exceptions=True)

    async def _reply_to(self, command: AnyCommand, photos: AsyncIterator[Photo], writer: asyncio.StreamWriter) -> Done | Failed:
        name = type(command).__name__
        try:
            async with contextlib.aclosing(self._console.perform(command, photos)) as replies:
                async for reply in replies:
                    writer.write(pack(_encoder.encode(reply)))
                    await writer.drain()
        except OperationRefused as error:
            return Failed(code=error.code, message=str(error))
        except StoreError as error:
            logger.error("%s failed: %s: %s", name, type(error).__name__, error)
            return Failed(code=store_code(type(error)), message=str(error))
        except ConnectionError:
            raise
        except Exception:
            logger.exception("%s failed", name)
            return Failed(code="internal_error", message=f"{name} failed; the kiosk's log says why")
        return Done()


class _Uploads:
    """The photos that follow a command, read one ahead, and after them the end of the connection."""

    def __init__(self, expected: int, reader: asyncio.StreamReader) -> None:
        self._expected = expected
        self._reader = reader
        self._queue: asyncio.Queue[Photo | None] = asyncio.Queue(maxsize=1)

    async def run(self) -> None:
        """Read until the client closes."""
        for _ in range(self._expected):
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                body = await unpack(self._reader)
            if body is None:
                return
            await self._queue.put(_photos.decode(body))
        await self._queue.put(None)
        if await unpack(self._reader) is not None:
            raise ChannelError("more came than was announced")

    async def photos(self) -> AsyncIterator[Photo]:
        while (photo := await self._queue.get()) is not None:
            yield photo


class AdminConnection:
    """A console at the other end of an administration socket; one connection a command."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def perform(self, command: AnyCommand, photos: AsyncIterator[Photo] | None = None) -> AsyncGenerator[AnyReply, None]:
        """Send the command and yield the replies. Closing the iterator cancels the command.

        Raises:
            NotRunning: nobody listens.
            AdminError: the connection broke, or may not be made.
            OperationRefused: the device did not do it.
        """
        reader, writer = await self._connect()
        sending = asyncio.ensure_future(_send(writer, command, photos))
        try:
            async for reply in _received(reader):
                yield reply
        except AdminError:
            if sending.done() and not sending.cancelled():
                sending.result()
            raise
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await asyncio.open_unix_connection(self._path)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NotRunning(f"{self._path}: nothing listens here; the kiosk is not running") from error
        except PermissionError as error:
            raise AdminError(f"{self._path}: may not be opened by this user; use sudo") from error


async def _send(writer: asyncio.StreamWriter, command: AnyCommand, photos: AsyncIterator[Photo] | None) -> None:
    try:
        writer.write(pack(_encoder.encode(msgspec.structs.replace(command, by=behind_sudo()))))
        await writer.drain()
        if photos is not None:
            async for photo in photos:
                writer.write(pack(_encoder.encode(photo)))
                await writer.drain()
    except ConnectionError:
        pass  # what was answered before the connection went says more
    except Exception:
        writer.close()
        raise


async def _received(reader: asyncio.StreamReader) -> AsyncIterator[AnyReply]:
    while True:
        try:
            body = await unpack(reader)
            reply = None if body is None else _replies.decode(body)
        except (ChannelError, msgspec.MsgspecError) as error:
            raise AdminError(f"the kiosk answered what this version of kioskctl does not know: {error}") from error
        match reply:
            case None:
                raise AdminError("the kiosk closed the connection; is it stopping? Its log says why")
            case Done():
                return
            case Failed(code=code, message=message):
                raise OperationRefused(code, message)
            case _:
                yield reply


def running(path: Path) -> bool:
    """Whether somebody accepts connections on the administration socket.

    Raises:
        AdminError: the socket is there, but this user may not use it, or too many already wait there.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        # A process that is stopped accepts nothing, and once its queue is full a connection would wait for ever.
        probe.setblocking(False)
        try:
            probe.connect(os.fspath(path))
        except BlockingIOError as error:
            raise AdminError(f"{path}: nobody accepts here; the kiosk hangs, or was stopped by a signal") from error
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except PermissionError as error:
            raise AdminError(f"{path}: may not be opened by this user; use sudo") from error
    return True
