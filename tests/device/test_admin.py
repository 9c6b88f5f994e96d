"""The administration socket, over real sockets: what goes over it, who may use it, and what ends a command."""

# ruff: noqa: ASYNC240
import asyncio
import os
import stat
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from api.ports import StoreFull
from device.admin import AdminConnection, AdminError, AdminServer, NotRunning, running
from device.asker import asker, asker_name, user_name
from device.client_commands import ClientList, Clients
from device.command import OperationRefused
from device.commands import AnyCommand, AnyReply
from device.enroll_commands import EnrollPhotos, EnrollProgress, Photo, PhotoJudged
from device.person_commands import UserErase, UserErased
from device.status_commands import WatchCamera
from inference.channel import pack, unpack


class Desk:
    """A console that answers from what it is sent, and notes what ends it."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.first = asyncio.Event()
        self.askers: list[str] = []

    async def perform(self, command: AnyCommand, photos: AsyncIterator[Photo] | None = None) -> AsyncGenerator[AnyReply, None]:
        try:
            match command:
                case ClientList():
                    self.askers.append(asker("nobody"))
                    yield Clients(clients=())
                case UserErase(user_id="nobody"):
                    raise OperationRefused("user_not_enrolled", "there is nobody of that id")
                case UserErase(user_id="broken"):
                    raise RuntimeError("a detail that is not the operator's")
                case UserErase(user_id="full"):
                    raise StoreFull("no space is left")
                case UserErase():
                    yield UserErased(realm=command.realm, user_id=command.user_id, enrollments=1)
                case EnrollPhotos():
                    assert photos is not None
                    async for photo in photos:
                        yield PhotoJudged(name=photo.name, accepted=bool(photo.image), reason="", message=str(len(photo.image)))
                case WatchCamera():
                    while True:
                        yield EnrollProgress(completed_samples=0, target_samples=1, instruction="", condition="")
                        self.first.set()
                        await asyncio.sleep(0.01)
        finally:
            self.ended.set()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "admin.sock"


async def answers(path: Path, command: AnyCommand, photos: list[Photo] | None = None) -> list[AnyReply]:
    async def each() -> AsyncIterator[Photo]:
        for photo in photos or []:
            yield photo

    return [reply async for reply in AdminConnection(path).perform(command, each())]


async def raw(path: Path, content: bytes) -> bytes | None:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(content)
    writer.write_eof()
    try:
        return await unpack(reader)
    finally:
        writer.close()


async def test_a_command_is_answered_and_the_socket_is_ours_alone(path: Path) -> None:
    async with AdminServer(Desk(), path):
        assert await answers(path, ClientList()) == [Clients(clients=())]
        assert await answers(path, UserErase(user_id="grace")) == [UserErased(realm="local", user_id="grace", enrollments=1)]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert running(path)
    assert not path.exists()


async def test_who_asks_is_the_kernels_word_with_the_name_behind_sudo_beside_it(path: Path, monkeypatch) -> None:
    desk = Desk()
    async with AdminServer(desk, path):
        for name in ("", "ann", "a\nnn", "a" * 65):
            monkeypatch.setenv("SUDO_USER", name)
            await answers(path, ClientList())
    me = user_name(os.getuid())
    assert desk.askers == [me, f"{me} (sudo: ann)" if os.getuid() == 0 else me, me, me]
    assert asker("nobody") == "nobody"
    assert (asker_name(0, "ann"), asker_name(4_000_000, "root")) == (f"{user_name(0)} (sudo: ann)", "uid 4000000")


async def test_photos_arrive_in_order_and_whole(path: Path) -> None:
    photos = [Photo(f"{number}.jpg", bytes([number]) * number * 400_000) for number in range(4)]
    async with AdminServer(Desk(), path):
        judged = await answers(path, EnrollPhotos(user_id="grace", photos=4), photos)
    assert [(reply.name, reply.message) for reply in judged if isinstance(reply, PhotoJudged)] == [
        (photo.name, str(len(photo.image))) for photo in photos
    ]


async def test_a_refusal_keeps_its_code_and_an_unexpected_error_its_detail(path: Path) -> None:
    async with AdminServer(Desk(), path):
        with pytest.raises(OperationRefused, match="nobody of that id") as refused:
            await answers(path, UserErase(user_id="nobody"))
        with pytest.raises(OperationRefused) as failed:
            await answers(path, UserErase(user_id="broken"))
        with pytest.raises(OperationRefused, match="no space is left") as full:
            await answers(path, UserErase(user_id="full"))
    assert full.value.code == "store_full"
    assert refused.value.code == "user_not_enrolled"
    assert failed.value.code == "internal_error"
    assert "detail" not in str(failed.value)


async def test_closing_the_client_cancels_the_command(path: Path) -> None:
    desk = Desk()
    async with AdminServer(desk, path), asyncio.timeout(5):
        async with aclosing(AdminConnection(path).perform(WatchCamera())) as replies:
            assert isinstance(await anext(replies), EnrollProgress)
        await desk.ended.wait()


async def test_a_client_that_dies_between_photos_cancels_the_command(path: Path) -> None:
    desk = Desk()
    async with AdminServer(desk, path), asyncio.timeout(5):
        import device.admin as admin

        _, writer = await asyncio.open_unix_connection(path)
        writer.write(pack(admin._encoder.encode(EnrollPhotos(user_id="grace", photos=2))))
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.close()
        await desk.ended.wait()


async def test_stopping_the_server_ends_what_runs(path: Path) -> None:
    desk = Desk()
    async with AdminServer(desk, path):
        watching = asyncio.ensure_future(answers(path, WatchCamera()))
        await desk.first.wait()
    with pytest.raises(AdminError, match="closed"):
        await watching
    assert desk.ended.is_set()


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x00", b"\xff\xff\xff\xff", pack(b""), pack(b"\x80"), pack(b"\x81\xa4type\xa7Mystery"), pack(os.urandom(64))],
    ids=["nothing", "half a length", "a huge length", "empty", "no type", "unknown type", "noise"],
)
async def test_bad_input_is_answered_and_costs_its_connection_only(path: Path, content: bytes) -> None:
    async with AdminServer(Desk(), path):
        answer = await raw(path, content)
        assert answer is not None
        assert b"invalid_request" in answer
        assert await answers(path, ClientList()) == [Clients(clients=())]


async def test_values_out_of_range_are_refused(path: Path) -> None:
    async with AdminServer(Desk(), path):
        with pytest.raises(OperationRefused) as refused:
            await answers(path, UserErase(user_id=""))
    assert refused.value.code == "invalid_request"


async def test_another_user_is_refused_by_the_kernels_word(path: Path) -> None:
    async with AdminServer(Desk(), path, users={os.getuid() + 1}):
        with pytest.raises(OperationRefused, match="sudo") as refused:
            await answers(path, ClientList())
    assert refused.value.code == "forbidden"


async def test_nobody_listening_is_told_apart(path: Path) -> None:
    assert not running(path)
    with pytest.raises(NotRunning):
        await answers(path, ClientList())


async def test_a_leftover_socket_file_is_replaced(path: Path) -> None:
    async with AdminServer(Desk(), path):
        leftover = path.with_name("left")
        path.rename(leftover)
    leftover.rename(path)
    assert not running(path)
    async with AdminServer(Desk(), path):
        assert running(path)


async def test_a_photo_that_cannot_be_read_ends_the_command(path: Path) -> None:
    async def broken() -> AsyncIterator[Photo]:
        yield Photo("one.jpg", b"1")
        raise PermissionError(13, "Permission denied", "two.jpg")

    async with AdminServer(Desk(), path), asyncio.timeout(5):
        with pytest.raises(PermissionError):
            async for _ in AdminConnection(path).perform(EnrollPhotos(user_id="grace", photos=2), broken()):
                pass
