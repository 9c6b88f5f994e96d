"""Every state of the kiosk's page in a real browser: a picture of each, clean by axe-core, and what people type in it."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import pytest
from msgspec import structs
from playwright.sync_api import Page

from api.http import loopback_only
from api.server import _app, serve
from api.services import Services
from api.settings import ApiSettings
from camera.settings import CameraSettings
from camera.sources.demo import DemoSource
from device.board import Board, Notice, Phase, Sign
from device.screen import Screen
from device.vision_link import VisionLink
from inference.channel import Preview
from inference.observation import Box

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
FACE = {"face": Box(220, 90, 200, 260), "width": 640, "height": 480}
STATES = {
    "starting": Sign(),
    "idle": Sign(phase=Phase.WAITING),
    "public": Sign(phase=Phase.WAITING),
    "dim": Sign(phase=Phase.WAITING, dim=True),
    "approach": Sign(phase=Phase.WAITING, instruction="move_closer", condition="face_too_small", **FACE),
    "visit": Sign(phase=Phase.VISIT, instruction="blink", progress=0.6, **FACE),
    "turn": Sign(phase=Phase.VISIT, instruction="turn_left", progress=0.8, **FACE),
    "dark": Sign(phase=Phase.VISIT, instruction="more_light", condition="too_dark", progress=0.1, fill=True, **FACE),
    "granted": Sign(phase=Phase.RESULT, outcome="granted", name="Grace Hopper", door="unlocked", progress=1.0, **FACE),
    "refused": Sign(phase=Phase.RESULT, outcome="refused", reason="no_match", **FACE),
    "confirm": Sign(phase=Phase.RESULT, outcome="granted", name="Grace Hopper", reason="pin", confirm=True, door="unlocked"),
    "pause": Sign(phase=Phase.PAUSE, seconds=4.0, **FACE),
    "pad": Sign(phase=Phase.PAD),
    "factor": Sign(phase=Phase.FACTOR, **FACE),
    "locked-out": Sign(phase=Phase.RESULT, outcome="refused", reason="locked_out", seconds=30.0),
    "reserved": Sign(phase=Phase.RESERVED, instruction="turn_right", **FACE),
    "closed": Sign(phase=Phase.CLOSED, reason="vision_failing"),
}

OUTSIDE = """() => [...document.querySelectorAll('h1, p, button, .stage')]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }))
    .map((each) => [each.id || each.className, each.getBoundingClientRect()])
    .filter(([, box]) => box.width
        && (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1))
    .map(([name]) => name)"""
DURATION = """() => new Promise((found, failed) => {
    const speech = new Audio('speech/en/turn_left.ogg');
    speech.onloadedmetadata = () => found(speech.duration);
    speech.onerror = () => failed(speech.error);
})"""
SMALL = """() => [...document.querySelectorAll('button')]
    .filter((each) => each.checkVisibility() && Math.min(each.offsetWidth, each.offsetHeight) < 48).map((each) => each.id)"""


@dataclass
class Kiosk:
    """A served screen whose board the test fills, and what the page said to it."""

    board: Board = field(default_factory=lambda: Board(Notice("demo", False, "basic", "simulated", ("pin", "card"))))
    url: str = ""
    said: list[tuple[str, ...]] = field(default_factory=list)
    beat: Any = None
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    async def pad(self, *, opened: bool) -> None:
        self.said.append(("pad", str(opened)))
        self.board.show(Sign(phase=Phase.PAD if opened else Phase.WAITING))

    async def present(self, means: str, *said: str) -> None:
        self.said.append((means, *said))

    def tapped(self) -> None:
        self.said.append(("tap",))

    def show(self, sign: Sign) -> None:
        self.loop.call_soon_threadsafe(self.board.show, sign)

    async def serve(self, folder: Path, stop: asyncio.Event, ready: threading.Event, jpeg: bytes) -> None:
        nothing = dict.fromkeys(("store", "sessions", "desk", "credentials", "recognition", "clock", "readiness"))
        async with VisionLink("camera", folder / "s", "model", os.getpid) as link:
            screen = Screen(self.board, link, self)
            app = _app(Services(settings=ApiSettings(), **nothing), loopback_only, screen.mount)  # type: ignore[arg-type]
            async with serve(app, "127.0.0.1", 0) as port:
                self.url, self.beat = f"http://127.0.0.1:{port}/kiosk/", lambda: screen.beat_at
                ready.set()
                while not stop.is_set():  # a camera, ten pictures a second
                    link.previews.publish(Preview(1, jpeg))
                    await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
def jpeg() -> bytes:
    """The demo's rendered person, in the middle of the picture."""
    with DemoSource(CameraSettings(source="demo", pace="fast", fps=4)) as source:
        while True:
            frame = source.read()
            truth = source.truth(frame.seq)
            if truth.kind == "person" and truth.inside == 1 and truth.closure < 0.1 and abs(truth.yaw) < 5:
                return cv2.imencode(".jpg", frame.image)[1].tobytes()


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory, jpeg: bytes) -> Iterator[Kiosk]:
    made, ready, stop = Kiosk(), threading.Event(), asyncio.Event()
    work = made.serve(tmp_path_factory.mktemp("screen"), stop, ready, jpeg)
    thread = threading.Thread(target=made.loop.run_until_complete, args=(work,))
    thread.start()
    assert ready.wait(10)
    yield made
    made.loop.call_soon_threadsafe(stop.set)
    thread.join()
    made.loop.close()


@pytest.fixture(scope="module")
def browser(launch: Any) -> Iterator[Any]:
    with launch("--autoplay-policy=no-user-gesture-required") as found:
        yield found


@pytest.fixture(scope="module", params=["landscape", "portrait"])
def page(request: pytest.FixtureRequest, browser: Any, kiosk: Kiosk) -> Iterator[Page]:
    """The page across and upright."""
    size = {"width": 1280, "height": 800} if request.param == "landscape" else {"width": 800, "height": 1280}
    with ExitStack() as stack:
        # The page's own security policy forbids foreign scripts; axe is brought in past it, in this test alone.
        context = browser.new_context(viewport=size, reduced_motion="reduce", bypass_csp=True, locale="en-GB")
        stack.callback(context.close)
        made = context.new_page()
        made.goto(kiosk.url)
        made.wait_for_selector("#languages button", state="attached")
        made.add_script_tag(path=AXE)
        yield made


def settled(page: Page, kiosk: Kiosk, name: str) -> None:
    frontage = "public" if name == "public" else "staff"
    kiosk.loop.call_soon_threadsafe(kiosk.board.note, structs.replace(kiosk.board.sign.notice, frontage=frontage))
    kiosk.show(STATES[name])
    sign = STATES[name]
    page.wait_for_selector(f"body[data-phase={sign.phase.value}][data-outcome='{sign.outcome}']", state="attached")
    page.wait_for_timeout(700)


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_clean_and_fits(page: Page, kiosk: Kiosk, reports: Path, name: str) -> None:
    settled(page, kiosk, name)
    across = page.viewport_size["width"] > page.viewport_size["height"]
    page.screenshot(path=reports / f"kiosk-{name}{'' if across else '-upright'}.png")
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
    # Contrast of 7:1, by the same rules.
    strict = page.evaluate("() => axe.run(document, { runOnly: ['color-contrast-enhanced'] })")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in strict["violations"]] == []
    assert page.evaluate(OUTSIDE) == []
    drawn = page.evaluate("() => parseFloat(getComputedStyle(document.getElementById('ring')).strokeDasharray)")
    assert drawn == pytest.approx(100 if STATES[name].phase is Phase.PAUSE else 100 * STATES[name].progress, abs=1)
    assert page.evaluate(SMALL) == []


def test_a_number_and_a_pin_are_typed_by_touch(page: Page, kiosk: Kiosk) -> None:
    settled(page, kiosk, "idle")
    kiosk.said.clear()
    page.click("#open")
    page.wait_for_selector("#pad:not([hidden])")
    for key in "4711":
        page.click(f"#keys button:text-is('{key}')")
    assert page.text_content("#typed") == "4711"
    page.click("#done")
    for key in "739218":
        page.click(f"#keys button:text-is('{key}')")
    assert page.text_content("#typed") == "••••••"
    assert "739218" not in page.content()
    page.click("#done")
    page.wait_for_timeout(200)
    assert kiosk.said[-1] == ("pin", "4711", "739218")
    assert ("tap",) in kiosk.said


def test_the_same_by_keyboard_alone(page: Page, kiosk: Kiosk) -> None:
    settled(page, kiosk, "idle")
    kiosk.said.clear()
    page.focus("#open")
    page.keyboard.press("Enter")
    page.wait_for_selector("#pad:not([hidden])")
    page.keyboard.type("4712", delay=80)
    page.keyboard.press("Backspace")
    page.keyboard.type("1", delay=80)
    page.wait_for_timeout(80)
    page.keyboard.press("Enter")
    page.keyboard.type("739218", delay=80)
    page.wait_for_timeout(80)
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert kiosk.said[-1] == ("pin", "4711", "739218")
    page.keyboard.press("Escape")
    page.wait_for_selector("#pad", state="hidden")


@pytest.mark.parametrize("open_first", [False, True])
def test_what_a_reader_types_is_a_card_and_nothing_else(page: Page, kiosk: Kiosk, open_first: bool) -> None:
    settled(page, kiosk, "pad" if open_first else "idle")
    kiosk.said.clear()
    page.keyboard.type("0012345678")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert [said for said in kiosk.said if said[0] not in ("pad", "tap")] == [("card", "0012345678")]
    assert (page.text_content("#typed") or "").strip() == ""
    kiosk.said.clear()
    page.keyboard.type("<script>alert(1)</script>")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert [said for said in kiosk.said if said[0] not in ("pad", "tap")] == []


def test_languages_are_chosen_and_a_welcome_is_in_ones_own(page: Page, kiosk: Kiosk) -> None:
    settled(page, kiosk, "visit")
    page.click("#languages button[lang=de]")
    assert page.text_content("#headline") == "Bitte blinzeln"
    assert page.get_attribute("html", "lang") == "de"
    page.click("#languages button[lang=en]")
    assert page.text_content("#headline") == "Please blink"
    kiosk.show(Sign(phase=Phase.RESULT, outcome="granted", name="Grace", language="de"))
    page.wait_for_selector("h1:text-is('Willkommen, Grace')")


def test_what_is_asked_is_said_aloud_and_the_page_beats(page: Page, kiosk: Kiosk) -> None:
    settled(page, kiosk, "idle")
    with page.expect_response(lambda answer: answer.url.endswith("/speech/en/turn_left.ogg")) as heard:
        settled(page, kiosk, "turn")
    assert heard.value.status in (200, 206)
    assert 0.5 < page.evaluate(DURATION) < 5
    page.wait_for_timeout(2500)
    assert kiosk.beat() is not None


def test_phases_change_no_oftener_than_twice_a_second(page: Page, kiosk: Kiosk) -> None:
    settled(page, kiosk, "idle")
    count = """() => { window.changes = 0; let last = document.body.dataset.phase + document.body.dataset.fill;
        new MutationObserver(() => { const now = document.body.dataset.phase + document.body.dataset.fill;
            if (now !== last) { window.changes += 1; last = now; } }).observe(document.body, { attributes: true }); }"""
    page.evaluate(count)
    began = time.monotonic()
    for number in range(60):
        kiosk.show(STATES["dark" if number % 2 else "closed"])
        page.wait_for_timeout(30)
    changes = page.evaluate("() => window.changes")
    assert 2 <= changes <= 2 * (time.monotonic() - began) + 1


def test_the_volume_goes_by_the_time_of_day(page: Page) -> None:
    ask = """async () => { const { volumeAt } = await import('./sound.js');
        const screen = { volume: .6, night_volume: .2, night_from: '22:00', night_to: '06:00' };
        return [5, 6, 12, 21, 22, 23].map((hour) => volumeAt(new Date(2026, 0, 1, hour), screen)); }"""
    assert page.evaluate(ask) == [0.2, 0.6, 0.6, 0.6, 0.2, 0.2]
