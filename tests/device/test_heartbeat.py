"""Control's watchdog: fed while event loop and store answer, and by nothing else."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.ports import StoreFull
from device.heartbeat import feed_watchdog
from device.store.connection import Database
from device.store.owner import Owner
from inference.notify import watchdog_s
from tests.notify_socket import NotifySocket, listening

pytest.importorskip("systemd.daemon")
OFTEN_S = 0.02


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NotifySocket]:
    with listening(tmp_path / "notify") as notified:
        monkeypatch.setenv("NOTIFY_SOCKET", str(notified.path))
        yield notified


async def test_it_is_fed_until_the_stores_thread_hangs(real_store, systemd: NotifySocket) -> None:
    owner: Owner = real_store._owner
    hanging, go_on = threading.Event(), threading.Event()

    def hang(_: Database) -> None:
        hanging.set()
        go_on.wait(10)

    feeding = asyncio.ensure_future(feed_watchdog(real_store.ping, OFTEN_S))
    try:
        await systemd.until(lambda told: told.count() >= 3)
        stuck = asyncio.ensure_future(owner.run(hang))
        await asyncio.to_thread(hanging.wait, 10)
        before = systemd.count()
        await asyncio.sleep(10 * OFTEN_S)
        assert systemd.count() <= before + 1
        go_on.set()
        await stuck
        await systemd.until(lambda told: told.count() >= before + 3)
    finally:
        go_on.set()
        feeding.cancel()


async def test_a_store_that_only_says_no_is_alive(systemd: NotifySocket) -> None:
    async def full() -> None:
        raise StoreFull("no space")

    feeding = asyncio.ensure_future(feed_watchdog(full, OFTEN_S))
    await systemd.until(lambda told: told.count() >= 3)
    feeding.cancel()


async def test_nothing_is_fed_where_no_unit_watches(real_store, systemd: NotifySocket, monkeypatch) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    await feed_watchdog(real_store.ping)
    assert systemd.told == []


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "2000000"}, 2.0),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "7"}, 2.0),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_who_is_watched(environ: dict[str, str], seconds: float | None) -> None:
    assert watchdog_s(environ, pid=7) == seconds
