"""The kiosk's page on a board that a test fills: every state as a sign, and what is looked for in the page."""

import asyncio
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

from api.http import loopback_only
from api.server import _app, serve
from api.services import Services
from api.settings import ApiSettings
from device.board import Board, Notice, Phase, Sign
from device.screen import Screen
from device.vision_link import VisionLink
from inference.channel import Preview
from inference.observation import Box

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
    "pause-long": Sign(phase=Phase.PAUSE, seconds=600.0, **FACE),
    "pad": Sign(phase=Phase.PAD),
    "pin-wrong": Sign(phase=Phase.RESULT, outcome="refused", reason="pin_wrong", seconds=1.0),
    "factor": Sign(phase=Phase.FACTOR, **FACE),
    "factor-wrong": Sign(phase=Phase.FACTOR, reason="pin_wrong", seconds=2.0, **FACE),
    "locked-out": Sign(phase=Phase.RESULT, outcome="refused", reason="locked_out", seconds=30.0),
    "reserved": Sign(phase=Phase.RESERVED, instruction="turn_right", progress=0.4, **FACE),
    "enrolled": Sign(phase=Phase.RESULT, outcome="enrolled", progress=1.0, **FACE),
    "not-enrolled": Sign(phase=Phase.RESULT, outcome="not_enrolled", progress=1.0, **FACE),
    "closed": Sign(phase=Phase.CLOSED, reason="vision_failing"),
    "pad-dim": Sign(phase=Phase.PAD, dim=True),
    "store-failed": Sign(phase=Phase.CLOSED, reason="store_failed"),
    "offline": Sign(phase=Phase.CLOSED, reason="offline"),
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
HIGH = """() => [...document.querySelectorAll('button')].filter((each) => each.checkVisibility({ visibilityProperty: true }))
    .filter((each) => each.getBoundingClientRect().top < innerHeight / 2).map((each) => each.id || each.textContent)"""
DRAWN = """() => { const c = document.getElementById('preview');
    return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((part) => part > 0); }"""
COUNT = """() => {
    const large = () => ['phase', 'outcome', 'fill', 'idle', 'dim'].map((name) => document.body.dataset[name]).join();
    let last = large();
    window.changes = 0;
    window.watching?.disconnect();
    window.watching = new MutationObserver(() => {
        if (large() !== last) [window.changes, last] = [window.changes + 1, large()];
    });
    window.watching.observe(document.body, { attributes: true });
}"""
SMALL = """() => [...document.querySelectorAll('button')]
    .filter((each) => each.checkVisibility() && Math.min(each.offsetWidth, each.offsetHeight) < 48).map((each) => each.id)"""


def axe_finds(page: Page) -> list[tuple[str, list[str]]]:
    """What axe-core finds wrong with the page as it is, the contrast of 7:1 (WCAG 2.2, 1.4.6) included."""
    if not page.evaluate("() => 'axe' in window"):
        page.add_script_tag(path=AXE)
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")["violations"]
    found += page.evaluate("() => axe.run(document, { runOnly: ['color-contrast-enhanced'] })")["violations"]
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]


@dataclass
class Kiosk:
    """A served screen whose board the test fills, and what the page said to it."""

    board: Board = field(default_factory=lambda: Board(Notice("demo", False, "basic", "simulated", ("pin", "card"))))
    url: str = ""
    said: list[tuple[str, ...]] = field(default_factory=list)
    beat: Callable[[], float | None] = lambda: None
    filming: bool = True
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    async def pad(self, *, opened: bool) -> None:
        self.said.append(("pad", str(opened)))
        self.board.show(Sign(phase=Phase.PAD if opened else Phase.WAITING))

    async def present(self, means: str, *said: str) -> None:
        self.said.append((means, *said))

    def tapped(self) -> None:
        self.said.append(("tap",))

    def show(self, sign: Sign) -> None:
        self.loop.call_soon_threadsafe(self.put, sign)

    def put(self, sign: Sign) -> None:
        """Show a sign with its surroundings, which are the board's own."""
        self.board.show(sign)
        self.board.ambient(dim=sign.dim, fill=sign.fill)

    async def serve(self, folder: Path, stop: asyncio.Event, ready: threading.Event, jpeg: bytes) -> None:
        nothing = dict.fromkeys(("store", "sessions", "desk", "credentials", "recognition", "clock", "look"))
        async with VisionLink("camera", folder / "s", "model", os.getpid) as link:
            screen = Screen(self.board, link, self)
            app = _app(Services(settings=ApiSettings(), **nothing), loopback_only, screen.mount)  # type: ignore[arg-type]
            async with serve(app, "127.0.0.1", 0) as port:
                self.url, self.beat = f"http://127.0.0.1:{port}/kiosk/", lambda: screen.beat_at
                ready.set()
                while not stop.is_set():  # a camera, ten pictures a second
                    if self.filming:
                        link.previews.publish(Preview(1, jpeg))
                    await asyncio.sleep(0.1)
