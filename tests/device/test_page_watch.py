"""The screen's watch: where the page is, when it counts as dead, and a real process of it on a real notify socket."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from aiohttp import web

from device.page_watch import START_S, Address, AddressUnknown, Verdict, address_of
from device.settings import ListenSettings
from tests.notify_socket import listening

SCREEN = """import pathlib, subprocess, sys, time
left = subprocess.Popen(["/bin/sleep", "100"], start_new_session=True)
pathlib.Path(sys.argv[1]).write_text(f"{left.pid} {sys.argv[2]}")
time.sleep(100)
"""
"""Stands in for compositor and browser; what it starts does not die with it."""


def configured(folder: Path, text: str) -> Path:
    file = folder / "facekiosk.toml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("", "http://127.0.0.1:8080/kiosk/"),
        ("[listen]\n# port = 1\n[lan]\nport = 9443\n", "http://127.0.0.1:8080/kiosk/"),
        ("[listen]\nport = 9090\n", "http://127.0.0.1:9090/kiosk/"),
        ('[listen]\nhost = "::1"\nport = 9090\n', "http://[::1]:9090/kiosk/"),
    ],
)
def test_the_page_is_where_the_configuration_has_it(tmp_path: Path, text: str, page: str) -> None:
    assert address_of(configured(tmp_path, text)).page == page


@pytest.mark.parametrize(
    "text", ["[listen]\nport = 0\n", "listen = 3", "[listen", '[listen]\nport = "1"\n', '[listen]\nhost = "a"\n']
)
def test_without_a_fixed_place_there_is_no_page(tmp_path: Path, text: str) -> None:
    with pytest.raises(AddressUnknown):
        address_of(configured(tmp_path, text))
    with pytest.raises(AddressUnknown):
        address_of(tmp_path / "absent.toml")


def test_the_defaults_are_those_of_the_settings() -> None:
    assert ListenSettings().model_dump() == {"host": Address().host, "port": Address().port}


def test_a_page_is_dead_only_by_controls_word_and_once_it_had_time_to_come() -> None:
    verdict = Verdict(began=100.0)
    assert verdict.alive("does not draw", 100.0 + START_S - 1), "that was said of the browser before this one"
    assert verdict.alive(None, 100.0 + START_S), "control is gone, or knows nothing"
    assert not verdict.alive("does not draw", 100.0 + START_S)
    assert verdict.alive("ok", 100.0 + START_S + 1)


async def test_the_watchdog_starves_of_a_dead_page_and_of_nothing_else(tmp_path: Path) -> None:
    pytest.importorskip("systemd.daemon")
    said, app = {"screen": "ok"}, web.Application()

    async def readyz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ready", "checks": said})

    app.router.add_get("/readyz/", readyz)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port, noted = runner.addresses[0][1], tmp_path / "noted"
    config = configured(tmp_path, f"[listen]\nport = {port}\n")
    program = "import device.page_watch as watch; watch.START_S = 0; watch.main()"
    command = ["-c", program, "--config", str(config), "--", sys.executable, "-c", SCREEN, str(noted)]
    with listening(tmp_path / "notify") as systemd:
        told = {"NOTIFY_SOCKET": str(systemd.path), "WATCHDOG_USEC": "300000"}
        watched = await asyncio.create_subprocess_exec(sys.executable, *command, env=os.environ | told)
        try:
            await systemd.until(lambda told: told.count() >= 2)
            assert systemd.told[0] == f"READY=1\nSTATUS=the page is http://127.0.0.1:{port}/kiosk/"
            said["screen"] = "the kiosk's page does not draw"
            await asyncio.sleep(0.3)
            fed = systemd.count()
            await asyncio.sleep(0.5)
            assert systemd.count() == fed
            await runner.cleanup()
            await systemd.until(lambda told: told.count() >= fed + 2)
            left, page = noted.read_text().split()
            assert page == f"http://127.0.0.1:{port}/kiosk/"
            watched.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(watched.wait(), 15) == 0
            assert systemd.told[-1] == "STOPPING=1"
            with pytest.raises(ProcessLookupError):  # a browser that outlives its compositor holds on to its profile
                os.kill(int(left), 0)
        finally:
            if watched.returncode is None:
                watched.kill()
                await watched.wait()
            await runner.cleanup()
