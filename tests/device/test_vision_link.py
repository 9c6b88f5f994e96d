"""Control's end of the vision socket: against real connections, well-behaved, foreign, broken and gone."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.ports import ImageRefused, VisionUnavailable
from camera.frame import boot_time
from device import vision_link
from device.remote_vision import VisionRemote
from device.vision_link import VisionLink
from inference.channel import (
    Embed,
    Ended,
    Forget,
    Heartbeat,
    Hello,
    Instruct,
    Judge,
    Judged,
    Message,
    Preview,
    Seen,
    Waiting,
    Watch,
    encode,
    read_from_control,
)
from inference.observation import Observation

HELLO = Hello("camera", "model", "demo", live=False)
OBSERVED = Observation(seq=3, time=1.0, width=4, height=4)
HELLO_REMOTE = Hello("remote", "model", "", live=False)
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def link(tmp_path: Path) -> AsyncIterator[VisionLink]:
    async with VisionLink("camera", tmp_path / "camera.sock", "model", os.getpid) as link:
        yield link


@pytest.fixture
async def remote(tmp_path: Path) -> AsyncIterator[VisionLink]:
    async with VisionLink("remote", tmp_path / "remote.sock", "model", os.getpid) as link:
        yield link


async def connect(link: VisionLink, *messages: Message) -> Streams:
    reader, writer = await asyncio.open_unix_connection(link.path)
    for message in messages:
        writer.write(encode(message))
    await writer.drain()
    return reader, writer


async def closed(streams: Streams) -> bool:
    """Whether the other side closes within two seconds, what it sends before aside."""
    try:
        async with asyncio.timeout(2):
            while await streams[0].read(4096):
                pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    finally:
        streams[1].close()
    return True


def seen(seq: int) -> Seen:
    return Seen(Observation(seq=seq, time=boot_time(), width=640, height=480))


async def test_the_socket_is_its_owners_alone(link: VisionLink) -> None:
    assert stat.S_IMODE(link.path.stat().st_mode) == 0o600


async def test_observations_reach_every_subscriber_and_freshness_is_known(link: VisionLink) -> None:
    with link.observations.subscribe(4) as one, link.observations.subscribe(1) as other:
        _, writer = await connect(
            link, HELLO, Heartbeat(3, 0, 1.0), seen(3), seen(4), Heartbeat(4, 0, 1.0), Ended("ended", "over")
        )
        assert (await one.get()).seq == 3
        assert (await one.get()).seq == 4
        assert (await other.get()).seq == 4
        assert other.dropped == 1
    assert link.hello == HELLO
    assert link.stalled_s < 1
    assert link.progress.captured == 4
    writer.close()
    await link.settle()
    assert link.hello is None
    assert link.ended == Ended("ended", "over")


@pytest.mark.parametrize(
    "messages",
    [
        (seen(1),),
        (HELLO_REMOTE,),
        (Hello("camera", "another model", "demo", live=True),),
        (Hello("camera", "model", "demo\ngranted  user mallory", live=False),),
        (HELLO, Judged(1)),
        (HELLO, HELLO),
        (Watch(on=True),),
    ],
    ids=lambda messages: "+".join(type(message).__name__ for message in messages),
)
async def test_whoever_breaks_the_protocol_is_cut_off(link: VisionLink, messages: tuple[Message, ...]) -> None:
    assert await closed(await connect(link, *messages))
    _, writer = await connect(link, HELLO)
    async with asyncio.timeout(2):
        await link.connected.wait()
    writer.close()


@given(st.binary(min_size=1, max_size=200))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_garbage_costs_the_connection_and_nothing_else(tmp_path_factory: pytest.TempPathFactory, garbage: bytes) -> None:
    async with VisionLink("camera", tmp_path_factory.mktemp("run") / "s", "model", os.getpid) as link:
        _, writer = await asyncio.open_unix_connection(link.path)
        writer.write(garbage)
        writer.write_eof()
        await link.settle()
        assert link.hello is None
        writer.close()
        _, writer = await connect(link, HELLO)
        async with asyncio.timeout(2):
            await link.connected.wait()
        writer.close()


SENT = st.sampled_from(
    [Judged(1), Judged(7), Judged(1, None, "invalid_frame"), Heartbeat(5, 1, 90.0), Seen(OBSERVED), Ended("failed", "x"), HELLO]
)
DAMAGED = st.builds(
    lambda message, place, change: (whole := encode(message))[:4] + _changed(whole[4:], place, change),
    SENT,
    st.integers(0, 300),
    st.binary(max_size=6),
)


def _changed(body: bytes, place: int, change: bytes) -> bytes:
    place %= len(body)
    return (body[:place] + change + body[place:])[: len(body)]


@given(st.lists(st.one_of(SENT.map(encode), DAMAGED, st.binary(max_size=40)), min_size=1, max_size=8), st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_vision_that_was_taken_over_costs_its_connection_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, sent: list[bytes], remote: bool
) -> None:
    hello = HELLO_REMOTE if remote else HELLO
    async with VisionLink(hello.instance, tmp_path_factory.mktemp("run") / "s", "model", os.getpid) as link:
        _, writer = await connect(link, hello)
        async with asyncio.timeout(2):
            await link.connected.wait()
        waiting = link.ask("stream", b"image", 1.0, track=True)
        for content in sent:
            writer.write(content)
        writer.write_eof()
        async with asyncio.timeout(2):
            (answered,) = await asyncio.gather(waiting, return_exceptions=True)
            assert isinstance(answered, Judged | ConnectionError)
            await link.gone()
        writer.close()
        assert link.owed == 0
        _, writer = await connect(link, hello)
        async with asyncio.timeout(2):
            await link.connected.wait()
        writer.close()


async def ends_after(link: VisionLink, *messages: Message) -> None:
    _, writer = await connect(link, *messages)
    async with asyncio.timeout(2):
        await link.connected.wait()
        writer.close()
        await link.gone()


async def test_failures_that_vision_counted_are_forgotten_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with VisionLink("camera", tmp_path / "s", "model", None) as link:
        for failures in (4, 5):
            await ends_after(link, Waiting(failures, 0.0), HELLO)
            assert link.failing == (failures == 5)
        await ends_after(link, HELLO)
        assert not link.failing
        monkeypatch.setattr(vision_link, "STEADY_S", 0.0)
        await ends_after(link, Waiting(5, 0.0), HELLO)
        assert not link.failing, "one crash after it was well for long is no loop"


async def test_one_connection_at_a_time(link: VisionLink) -> None:
    _, writer = await connect(link, HELLO)
    await link.connected.wait()
    assert await closed(await connect(link, HELLO))
    assert link.hello == HELLO
    writer.close()


@pytest.mark.parametrize("expected", [None, 1 << 30])
async def test_a_process_that_was_not_started_may_not_connect(tmp_path: Path, expected: int | None) -> None:
    async with VisionLink("camera", tmp_path / "s", "model", lambda: expected) as link:
        assert await closed(await connect(link, HELLO))
        assert not link.connected.is_set()


async def test_another_user_may_not_connect(tmp_path: Path) -> None:
    async with VisionLink("camera", tmp_path / "s", "model", os.getpid, users=frozenset({os.getuid() + 1})) as link:
        assert await closed(await connect(link, HELLO))


async def test_previews_are_made_only_while_somebody_watches(link: VisionLink) -> None:
    link.instruct("blink")
    reader, writer = await connect(link, HELLO)
    assert await read_from_control(reader) == Instruct("blink")
    assert await read_from_control(reader) == Embed(on=True)
    with link.watch() as one, link.watch() as other:
        assert await read_from_control(reader) == Watch(on=True)
        writer.write(encode(Preview(1, b"jpeg")))
        assert (await one.get()).jpeg == (await other.get()).jpeg == b"jpeg"
    assert await read_from_control(reader) == Watch(on=False)
    writer.close()


async def answer(link: VisionLink, streams: Streams) -> None:
    """Answers as vision@remote would: by the first byte of the image."""
    while (message := await read_from_control(streams[0])) is not None:
        match message:
            case Judge(request=number, image=b"ok", time=time):
                judged = Judged(number, Observation(seq=1, time=time, width=1, height=1))
                streams[1].write(encode(Judged(number + 1000)))
                streams[1].write(encode(judged))
            case Judge(request=number, image=b"bad"):
                streams[1].write(encode(Judged(number, error="unsupported_image")))
            case Judge(image=b"slow"):
                pass
            case Judge():
                streams[1].close()


async def no_need() -> None:
    return None


async def test_a_clients_image_is_judged(remote: VisionLink) -> None:
    streams = await connect(remote, HELLO_REMOTE)
    await remote.connected.wait()
    serving = asyncio.ensure_future(answer(remote, streams))
    vision = VisionRemote(remote, no_need, 2.0)
    both = await asyncio.gather(vision.judge("a", b"ok", 5.0), vision.judge("b", b"ok", 6.0))
    assert [observation.time for observation in both] == [5.0, 6.0]
    with pytest.raises(ImageRefused) as refused:
        await vision.judge("a", b"bad", 7.0)
    assert refused.value.code == "unsupported_image"
    with pytest.raises(VisionUnavailable, match="did not answer"):
        await VisionRemote(remote, no_need, 0.1).judge("a", b"slow", 8.0)
    with pytest.raises(VisionUnavailable, match="went away"):
        await vision.judge("a", b"close", 9.0)
    with pytest.raises(VisionUnavailable, match="not connected"):
        await vision.judge("a", b"ok", 10.0)
    await vision.forget("a")
    await serving


async def test_forgetting_a_stream_is_passed_on(remote: VisionLink) -> None:
    reader, writer = await connect(remote, HELLO_REMOTE)
    await remote.connected.wait()
    await VisionRemote(remote, no_need, 1.0).forget("a")
    assert await read_from_control(reader) == Forget("a")
    writer.close()


async def test_waiting_images_without_an_answer_are_no_progress(remote: VisionLink) -> None:
    streams = await connect(remote, HELLO_REMOTE, Heartbeat(0, 0, 1.0))
    await remote.connected.wait()
    waiting = asyncio.ensure_future(remote.ask("a", b"slow", 1.0, track=True))
    await asyncio.sleep(0.2)
    streams[1].write(encode(Heartbeat(0, 0, 1.0)))
    await asyncio.sleep(0.1)
    assert remote.stalled_s > 0.2
    waiting.cancel()
    streams[1].close()
