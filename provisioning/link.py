"""How a command reaches the device: over the running kiosk's administration socket, or by working on its data itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import TypeVar

import typer

from device.admin import AdminConnection, AdminError, Console, running
from device.commands import AnyCommand
from device.config import Config
from device.offline import offline
from provisioning.options import Common
from provisioning.output import Output, reporting

R = TypeVar("R")


@asynccontextmanager
async def connected(config: Config) -> AsyncIterator[Console]:
    """The running kiosk where there is one; else the same operations in this process, under the data directory's lock.

    Raises:
        AdminError: the kiosk is running, but this user may not administer it.
        StoreError: the store cannot be opened, or another process holds it.
    """
    if running(config.admin_socket):
        yield AdminConnection(config.admin_socket)
        return
    async with offline(config) as operations:
        yield operations


async def _in_time(answer: Awaitable[R], patience_s: float | None) -> R:
    try:
        async with asyncio.timeout(patience_s) as limit:
            return await answer
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise AdminError(f"the kiosk did not answer within {patience_s:g} s; is it stopped, or its disk stuck?") from error


Connect = Callable[[Config], AbstractAsyncContextManager[Console]]
"""How a command reaches the device."""


async def ask(console: Console, command: AnyCommand, kind: type[R]) -> R:
    """The one reply, of type `kind`, that the command is answered by."""
    async with aclosing(console.perform(command)) as replies:
        async for reply in replies:
            if isinstance(reply, kind):
                return reply
    raise TypeError(f"{type(command).__name__} was not answered by {kind.__name__}")


def carry_out(common: Common, work: Callable[[Console, Output], Awaitable[None]], connect: Connect = connected) -> None:
    """Run a command's work with a console, reporting errors; ends with exit code 1 where it fails."""
    with reporting(as_json=common.as_json) as out:
        asyncio.run(_work(common.load(), work, out, connect))


async def _work(config: Config, work: Callable[[Console, Output], Awaitable[None]], out: Output, connect: Connect) -> None:
    async with connect(config) as console:
        await work(console, out)


def question(
    common: Common,
    command: AnyCommand,
    kind: type[R],
    show: Callable[[R, Output], None],
    connect: Connect = connected,
    code: Callable[[R], int] = lambda _: 0,
    patience_s: float | None = None,
) -> None:
    """Ask for one reply, print it as a document or by `show`; the command ends with the exit code that `code` finds in it.

    `patience_s`: how long the device may take to answer; None: as long as it likes.
    """
    found: list[R] = []

    async def work(console: Console, out: Output) -> None:
        found.append(await _in_time(ask(console, command, kind), patience_s))
        out.document(found[0])
        if not out.as_json:
            show(found[0], out)

    carry_out(common, work, connect)
    if status := code(found[0]):
        raise typer.Exit(status)
