"""Every state of the kiosk's page in a real browser: a picture of each, clean by axe-core, and what people type in it."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import pytest
from msgspec import structs
from playwright.sync_api import Page, Route

from camera.settings import CameraSettings
from camera.sources.demo import DemoSource
from device.board import Phase, Sign
from tests.e2e.kiosk_stage import COUNT, DRAWN, DURATION, HIGH, OUTSIDE, SMALL, STATES, Kiosk, axe_finds

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


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
        yield made


def settled(page: Page, kiosk: Kiosk, name: str) -> None:
    """Show a state, and wait until nothing changes any more."""
    frontage = "public" if name == "public" else "staff"
    kiosk.loop.call_soon_threadsafe(kiosk.board.note, structs.replace(kiosk.board.sign.notice, frontage=frontage))
    sign = STATES[name]
    kiosk.show(sign)
    page.wait_for_selector(f"body[data-phase={sign.phase.value}][data-outcome='{sign.outcome}']", state="attached")
    page.wait_for_timeout(700)


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_clean_and_fits(page: Page, kiosk: Kiosk, reports: Path, name: str) -> None:
    settled(page, kiosk, name)
    across = page.viewport_size["width"] > page.viewport_size["height"]
    page.screenshot(path=reports / f"kiosk-{name}{'' if across else '-upright'}.png")
    assert axe_finds(page) == []
    assert page.evaluate(OUTSIDE) == []
    drawn = page.evaluate("() => parseFloat(getComputedStyle(document.getElementById('ring')).strokeDasharray)")
    assert drawn == pytest.approx(100 if STATES[name].phase is Phase.PAUSE else 100 * STATES[name].progress, abs=1)
    assert page.evaluate(SMALL) == []
    if not across:
        assert page.evaluate(HIGH) == [], "out of reach of somebody seated"


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


@pytest.mark.parametrize("states", [("closed", "dark"), ("idle", "approach"), ("idle", "dim")], ids="-".join)
def test_nothing_large_changes_oftener_than_twice_a_second(page: Page, kiosk: Kiosk, states: tuple[str, str]) -> None:
    settled(page, kiosk, states[0])
    page.evaluate(COUNT)
    began = time.monotonic()
    for number in range(60):
        kiosk.show(STATES[states[number % 2]])
        page.wait_for_timeout(30)
    changes = page.evaluate("() => window.changes")
    assert 2 <= changes <= 2 * (time.monotonic() - began) + 1


def test_no_face_stays_on_the_screen(page: Page, kiosk: Kiosk) -> None:
    settled(page, kiosk, "visit")
    assert page.evaluate(DRAWN)
    for name in ("closed", "idle"):
        settled(page, kiosk, name)
        assert not page.evaluate(DRAWN), name
    settled(page, kiosk, "pad")
    assert page.evaluate(DRAWN)
    kiosk.filming = False  # the camera stops while somebody types
    page.wait_for_selector("body[data-picture='']", timeout=4000)
    assert not page.evaluate(DRAWN)
    kiosk.filming = True


def test_a_pause_counts_down_in_words_that_are_right_and_quietly(page: Page, kiosk: Kiosk) -> None:
    for seconds, text in ((1.0, "Next try in 1 second."), (90.0, "Next try in 90 seconds."), (91.0, "Next try in 2 minutes.")):
        kiosk.show(Sign(phase=Phase.PAUSE, seconds=seconds))
        page.wait_for_selector(f"#count:text-is('{text}')")
    assert page.evaluate("() => document.getElementById('count').closest('[aria-live]')") is None
    page.click("#languages button[lang=de]")
    page.wait_for_selector("#count:text-is('Nächster Versuch in 2 Minuten.')")
    page.click("#languages button[lang=en]")


def test_who_cannot_touch_begins_by_keyboard(page: Page, kiosk: Kiosk) -> None:
    settled(page, kiosk, "public")
    kiosk.said.clear()
    page.focus("#begin")
    page.keyboard.press("Enter")
    page.wait_for_timeout(100)
    assert kiosk.said == [("tap",)]


def test_the_pad_is_offered_where_it_can_work(page: Page, kiosk: Kiosk) -> None:
    offered = {}
    for name in ("closed", "store-failed", "offline", "idle"):
        settled(page, kiosk, name)
        offered[name] = page.is_visible("#open")
    assert offered == {"closed": True, "store-failed": False, "offline": False, "idle": True}


FILES = {
    "languages.json": '["de", "en", "fr", "xx"]',
    "lang.fr.js": 'export const TEXTS = { again: "non", locked: "Fermé" };',
    "lang.xx.js": "}",
}


def instead(route: Route) -> None:
    """Another file in place of the page's own."""
    name = route.request.url.rpartition("/")[2]
    route.fulfill(body=FILES[name], content_type="application/json" if name.endswith("json") else "text/javascript")


def test_a_language_that_is_broken_or_lacks_words_stops_nothing(browser: Any, kiosk: Kiosk) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page = context.new_page()
    for name in FILES:
        page.route(f"**/kiosk/{name}", instead)
    kiosk.show(Sign(phase=Phase.PAUSE, seconds=4.0))
    page.goto(kiosk.url)
    page.wait_for_selector("body[data-phase=pause]")
    assert page.locator("#languages button").all_text_contents() == ["Deutsch", "English", "fr"]
    page.click("#languages button[lang=fr]")
    assert page.text_content("#door") == "Fermé"
    assert (page.text_content("#count") or "").startswith("Next try in 4")
    context.close()


def test_the_volume_goes_by_the_time_of_day(page: Page) -> None:
    ask = """async () => { const { volumeAt } = await import('./sound.js');
        const screen = { volume: .6, night_volume: .2, night_from: '22:00', night_to: '06:00' };
        return [5, 6, 12, 21, 22, 23].map((hour) => volumeAt(new Date(2026, 0, 1, hour), screen)); }"""
    assert page.evaluate(ask) == [0.2, 0.6, 0.6, 0.6, 0.2, 0.2]
