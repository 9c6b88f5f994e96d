"""The aiming view as a browser gets it: by a token that works once, for a while, and to nobody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from api.records import LOCAL
from device.aiming import OVER, REFUSED, Aiming
from device.aiming_commands import AimClose, AimDesk, AimOpen
from device.clock import ManualClock
from device.command import OperationRefused
from device.settings import LanSettings
from device.vision_link import VisionLink
from inference.channel import Preview
from inference.observation import Box, Measure, Observation, Quality
from inference.settings import ZoneSettings

SEEN = Observation(
    seq=1,
    time=1.0,
    width=640,
    height=480,
    faces=(Box(64, 48, 128, 96),),
    track=1,
    eye_distance=61.2,
    condition="too_dark",
    quality=Quality(0.3, (Measure("exposure", 30.0, 0.3, "too_dark"), Measure("sharpness", 0.31, 1.0))),
)


class Site:
    """The view on a server of its own."""

    def __init__(self, folder: Path) -> None:
        self.link = VisionLink("camera", folder / "s", "model", None)
        self.aiming = Aiming(self.link, ZoneSettings())

    @asynccontextmanager
    async def look(self, credential: dict[str, str], **headers: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        origin = {"Origin": self.url, **headers}
        async with aiohttp.ClientSession() as http, http.ws_connect(f"{self.url}/aim/live", headers=origin) as socket:
            await socket.send_json({"type": "credential", **credential})
            yield socket

    async def closed_with(self, credential: dict[str, str]) -> int | None:
        async with self.look(credential) as socket:
            await socket.receive(timeout=5)
            return socket.close_code


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    made, app = Site(tmp_path), web.Application()
    made.aiming.mount(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"  # type: ignore[attr-defined]
    yield made
    await runner.cleanup()


async def test_a_token_works_once_and_its_key_until_the_time_is_over(site: Site) -> None:
    token = site.aiming.open(2.0)
    async with site.look({"token": token}) as socket:
        hello = await socket.receive_json(timeout=5)
        assert hello["zone"] == [0.1, 0.05, 0.8, 0.9]
        while not site.link.watched:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        site.link.observations.publish(SEEN)
        assert await socket.receive_json(timeout=5) == {
            "type": "view",
            "face": [0.1, 0.1, 0.2, 0.2],
            "faces": 1,
            "condition": "too_dark",
            "eye_distance": 61.2,
            "measures": {"exposure": 30.0, "sharpness": 0.31},
            "problems": ["exposure"],
        }
        site.link.previews.publish(Preview(1, b"\xff\xd8\xffjpeg"))
        assert await socket.receive_bytes(timeout=5) == b"\xff\xd8\xffjpeg"
        assert await site.closed_with({"token": token}) == REFUSED
        async with site.look({"key": hello["key"]}) as again:
            assert (await again.receive_json(timeout=5))["type"] == "hello"
        assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == OVER
    assert await site.closed_with({"key": hello["key"]}) == REFUSED
    assert not site.link.watched


async def test_nobody_looks_on_without_it(site: Site) -> None:
    assert await site.closed_with({"token": "guess"}) == REFUSED
    site.aiming.open(60)
    for credential in ({"token": "guess"}, {"key": ""}, {"token": ""}, {"pin": "1"}):
        assert await site.closed_with(credential) == REFUSED


async def test_a_view_that_is_opened_anew_shuts_the_former_out(site: Site) -> None:
    async with site.look({"token": site.aiming.open(60)}) as socket:
        key = (await socket.receive_json(timeout=5))["key"]
        site.aiming.close()
        await socket.receive(timeout=5)
        assert socket.close_code == OVER
    assert await site.closed_with({"key": key}) == REFUSED


async def test_pages_of_other_sites_may_not_look(site: Site) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with site.look({"token": site.aiming.open(60)}, Origin="https://elsewhere.example"):
            pass
    assert refused.value.status == 403


async def test_the_page_and_what_it_names_is_served_without_the_token(site: Site) -> None:
    async with aiohttp.ClientSession(site.url) as http:  # type: ignore[attr-defined]
        for name in ("", "aim.js", "aim.css", "page.css", "tokens.css", "mark.svg"):
            async with http.get(f"/aim/{name}") as answer:
                assert answer.status == 200, name
                assert "'none'" in answer.headers["Content-Security-Policy"]
        assert (await http.get("/aim/secret")).status == 404


async def test_the_command_makes_the_link_and_writes_that_down(real_store: Any, site: Site) -> None:
    clock = ManualClock()
    lan = LanSettings(host="0.0.0.0", public_url="https://kiosk.local:8443")
    desk = AimDesk(site.aiming, lan, real_store.factors, clock, "ann")
    opened = await desk.carry_out(AimOpen(minutes=5))
    assert opened.url.startswith("https://kiosk.local:8443/aim/#")
    async with site.look({"token": opened.url.partition("#")[2]}) as socket:
        assert (await socket.receive_json(timeout=5))["seconds_left"] == pytest.approx(300, abs=10)
    await desk.carry_out(AimClose())
    (act,) = await real_store.factors.acts("")
    assert (act.act, act.operator, act.detail) == ("aiming_view_opened", "ann", {"minutes": 5.0})
    assert (await real_store.log_page(LOCAL)).newest == 1


@pytest.mark.parametrize("lan", [LanSettings(), LanSettings(host="0.0.0.0", plain_http_on_the_network_without_tls=True)])
async def test_without_tls_there_is_no_view(real_store: Any, site: Site, lan: LanSettings) -> None:
    desk = AimDesk(site.aiming, lan, real_store.factors, ManualClock(), "ann")
    with pytest.raises(OperationRefused, match="TLS"):
        await desk.carry_out(AimOpen())
