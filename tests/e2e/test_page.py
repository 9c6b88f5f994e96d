"""The kiosk's page in a real browser, over a real kiosk on the demo source."""

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from playwright.sync_api import ConsoleMessage, Page

from device.admin import AdminConnection
from device.config import load_config
from device.factor_commands import UserPinIsSet, UserPinSet
from device.setup import Frontage, create, plan
from device.status_commands import Sight, WatchCamera

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def url(device: Path, start) -> str:
    kiosk = start("provisioning", "run", "--camera", "demo", "--config", str(device))
    address = kiosk.wait_for(r"(http://127\.0\.0\.1:\d+/kiosk/)", 60)[1]
    kiosk.wait_for(r"^ready after", 30)
    with ThreadPoolExecutor() as aside:  # playwright's own loop runs in this thread
        aside.submit(asyncio.run, give_pin(device)).result()
    return address


@pytest.fixture(scope="module")
def page(launch) -> Iterator[Page]:
    with launch() as browser:
        yield browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")


async def give_pin(device: Path) -> None:
    """Give the demo's person a PIN, as kioskctl does after its prompt."""
    console = AdminConnection(load_config(device).admin_socket)
    replies = console.perform(UserPinSet(user_id="grace", pin="739218", number="4711"))
    assert [type(reply) async for reply in replies] == [UserPinIsSet]


def pin_visit(ctl: Callable[..., CompletedProcess[str]], device: Path) -> str:
    """What the log has of the newest visit by PIN."""
    told = json.loads(ctl("log", "--json", "--config", str(device)).stdout)["visits"]
    return next(visit["outcome"] for visit in reversed(told) if visit["reason"] == "pin")


def shown(page: Page, selector: str, seconds: float = 60) -> None:
    # By selector: the page's own security policy forbids the evaluation of text that waiting for a function needs.
    page.wait_for_selector(selector, timeout=seconds * 1000, state="attached")


def test_the_page_shows_what_happens(
    page: Page, url: str, reports: Path, ctl: Callable[..., CompletedProcess[str]], device: Path
) -> None:
    said: list[ConsoleMessage] = []
    requests: list[str] = []
    page.on("console", lambda message: said.append(message))  # playwright needs a function
    page.on("request", lambda request: requests.append(request.url))
    page.goto(url)
    shown(page, "body[data-picture=yes]")
    assert page.locator("#notice li").all_text_contents() == ["demo source", "policy basic", "simulated door"]
    shown(page, "body[data-idle=yes] #privacy:has-text('pictures are not kept')")

    shown(page, "body[data-outcome=granted]")
    assert page.locator("#headline").text_content() == "Welcome, Grace Hopper (demo)"
    shown(page, "body[data-door=unlocked]", 5)
    page.screenshot(path=reports / "page-granted.png")

    shown(page, "body[data-phase=visit] h1:text-is('Please blink')")
    page.screenshot(path=reports / "page-visit.png")
    shown(page, "body[data-outcome=refused]")
    assert page.locator("#headline").text_content() == "Not admitted"
    page.screenshot(path=reports / "page-refused.png")

    page.click("#open")
    shown(page, "body[data-phase=pad]")
    for key in ("4", "7", "1", "1"):
        page.click(f"#keys button:text-is('{key}')")
    page.click("#done")
    for key in "739218":
        page.click(f"#keys button:text-is('{key}')")
    page.click("#done")
    shown(page, "body[data-outcome=granted] h1:text-is('Welcome, Grace Hopper (demo)')", 10)
    assert "granted" in pin_visit(ctl, device)

    assert [message.text for message in said if message.type in ("error", "warning")] == []
    origin = url.removesuffix("/kiosk/")
    assert all(request.startswith((origin, "blob:")) for request in requests)


def test_the_picture_moves_and_is_mirrored(page: Page, url: str) -> None:
    look = """() => { const c = document.getElementById('preview');
        return Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((_, i) => i % 401 === 0)); }"""
    shown(page, "body[data-phase=visit][data-picture=yes]")
    first = page.evaluate(look)
    page.wait_for_timeout(500)
    assert page.evaluate(look) != first
    assert page.evaluate("document.getElementById('preview').getContext('2d').getTransform().a") == -1


def test_a_kiosk_that_is_gone_is_said_to_be_out_of_service(page: Page, start, tmp_path: Path) -> None:
    other = tmp_path / "facekiosk.toml"
    made, _ = plan(other)
    create(other, made.replace("# port = 8080", "port = 0"))
    kiosk = start("device.app", "--config", str(other), "--camera", "demo")
    page.goto(kiosk.wait_for(r"(http://127\.0\.0\.1:\d+/kiosk/)", 30)[1])
    shown(page, "body[data-picture=yes]", 30)
    assert kiosk.stop() == 0
    shown(page, "body[data-phase=closed]", 10)
    assert page.locator("#headline").text_content() == "Out of service"


async def embedded_of_faces(file: Path, count: int) -> set[bool]:
    """Whether the next frames with a face were embedded."""
    found: list[bool] = []
    async with aclosing(AdminConnection(load_config(file).admin_socket).perform(WatchCamera())) as sights:
        async for sight in sights:
            assert isinstance(sight, Sight)
            found += [sight.embedded] * bool(sight.faces and not sight.condition)
            if len(found) >= count:
                break
    return set(found)


def test_on_a_public_frontage_nobody_is_embedded_before_a_touch(page: Page, start, tmp_path: Path) -> None:
    file = tmp_path / "facekiosk.toml"
    made, _ = plan(file, frontage=Frontage.PUBLIC)
    create(file, made.replace("# port = 8080", "port = 0").replace("# mark_eye_distance = 60.0", "mark_eye_distance = 600.0"))
    kiosk = start("provisioning", "run", "--camera", "demo", "--config", str(file))
    page.goto(kiosk.wait_for(r"(http://127\.0\.0\.1:\d+/kiosk/)", 60)[1])
    kiosk.wait_for(r"^ready after", 30)
    with ThreadPoolExecutor() as aside:
        assert aside.submit(asyncio.run, embedded_of_faces(file, 25)).result() == {False}
    assert page.get_attribute("body", "data-idle") == "yes"
    assert "touch the screen" in (page.text_content("#privacy") or "")
    for _ in range(12):
        page.click("main", position={"x": 10, "y": 10})
        if page.locator("body[data-outcome=granted]").count():
            break
        page.wait_for_timeout(5000)
    kiosk.wait_for(r"^granted  user grace", 60)
