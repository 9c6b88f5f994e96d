"""The aiming view in a real browser: picture, numbers and words come, the token leaves the address, and a used link says so."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from aiohttp import web

from device.aiming import Aiming
from device.vision_link import VisionLink
from inference.channel import Preview
from inference.observation import Box, Measure, Observation, Quality
from inference.settings import ZoneSettings

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

JPEG = cv2.imencode(".jpg", np.full((360, 480, 3), 90, np.uint8))[1].tobytes()
SEEN = Observation(
    seq=1,
    time=1.0,
    width=640,
    height=480,
    faces=(Box(200, 120, 160, 180),),
    track=1,
    eye_distance=61.2,
    condition="too_dark",
    quality=Quality(0.3, (Measure("exposure", 30.0, 0.3, "too_dark"), Measure("sharpness", 0.31, 1.0))),
)


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, Aiming, asyncio.AbstractEventLoop]]:
    """The view on loopback, with a camera that sees the same thing again and again."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    link = VisionLink("camera", folder / "s", "model", None)
    aiming, found, stop = Aiming(link, ZoneSettings()), list[int](), asyncio.Event()

    async def serve() -> None:
        app = web.Application()
        aiming.mount(app)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        found.append(runner.addresses[0][1])
        ready.set()
        while not stop.is_set():
            link.observations.publish(SEEN)
            link.previews.publish(Preview(1, JPEG))
            await asyncio.sleep(0.1)
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(10)
    try:
        yield f"http://127.0.0.1:{found[0]}/aim/", aiming, loop
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def picture(page: Any, reports: Path, name: str) -> None:
    """Keep a picture; what it shows is clean by axe-core, every text at 7:1."""
    page.screenshot(path=str(reports / f"{name}.png"), full_page=True)
    page.add_script_tag(path=AXE)
    for rules in ("{ resultTypes: ['violations'] }", "{ runOnly: ['color-contrast-enhanced'] }"):
        found = page.evaluate(f"() => axe.run(document, {rules})")
        assert found["passes"], "axe looked at nothing"
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == [], name


def test_the_page_is_accessible_on_a_phone_with_a_view_and_without(
    tmp_path: Path, launch: Callable[..., AbstractContextManager[Any]], reports: Path
) -> None:
    with served(tmp_path) as (page_url, aiming, _), launch() as browser:
        # The page's own security policy would keep axe-core out.
        page = browser.new_context(viewport={"width": 412, "height": 915}, bypass_csp=True).new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{page_url}#{aiming.open(240)}")
        page.locator("#eyes", has_text="61 px").wait_for()
        picture(page, reports, "aim-phone")
        aiming.close()
        page.locator("#status", has_text="This view is over").wait_for()
        assert not page.locator("#stage, #numbers").evaluate_all("all => all.some(each => each.checkVisibility())")
        picture(page, reports, "aim-over")


def test_the_installer_sees_what_the_camera_sees(
    tmp_path: Path, launch: Callable[..., AbstractContextManager[Any]], reports: Path
) -> None:
    with served(tmp_path) as (page_url, aiming, _), launch() as browser:
        link = f"{page_url}#{aiming.open(60)}"
        page = browser.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(link)
        page.locator("#picture[width='480']").wait_for(timeout=60_000)
        page.locator("#eyes", has_text="61 px").wait_for()
        assert page.locator("#status").text_content() == "The face is too dark"
        assert page.locator("#exposure.bad").text_content() == "30"
        assert page.locator("#sharpness.good").text_content() == "0.31"
        assert page.url == page_url
        page.screenshot(path=str(reports / "aim.png"))
        second = browser.new_page()
        second.goto(link)
        second.locator("#status", has_text="This link is used up").wait_for(timeout=60_000)
        aiming.close()
        page.locator("#status", has_text="This view is over").wait_for()
        assert errors == []
