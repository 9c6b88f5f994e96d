"""Fixtures of the device's tests: a real encrypted store, and a clock."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.ports import Store
from device.clock import SystemClock
from device.keys import create_root_key, load_keys
from device.store.store import open_store


@pytest.fixture
async def real_store(tmp_path: Path) -> AsyncIterator[Store]:
    create_root_key(tmp_path / "keys" / "root.key")
    async with open_store(tmp_path / "facekiosk.db", load_keys(tmp_path / "keys" / "root.key"), create=True) as store:
        yield store


@pytest.fixture
def system_clock() -> SystemClock:
    return SystemClock()
