"""A real kiosk on the replay camera in a real browser: state after state, clean by axe-core, a picture of each.

What a replay reaches on no kiosk is put on in `test_kiosk_states`, and named in docs/operator.md.
"""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as Late

from api.records import LOCAL, DoorState, Enrollment, Origin, Person
from device.admin import AdminConnection
from device.config import load_config
from device.factor_commands import UserPinIsSet, UserPinSet
from device.keys import load_keys
from device.setup import Frontage, create, plan
from device.store.store import open_store
from inference.manifest import load_manifest
from tests.e2e.conftest import ROOT, Running, environment
from tests.e2e.kiosk_stage import OUTSIDE, axe_finds
from tests.e2e.replayed import Replayed

pytestmark = [pytest.mark.system, pytest.mark.timeout(480)]

SETTINGS = {
    "# port = 8080": "port = 0",
    "# loop = false": "loop = true",
    "# dim_after_s = 20.0": "dim_after_s = 3.0",
    "# min_eye_distance = 30.0": "min_eye_distance = 45.0",
    "# backoff_s = 0.5": "backoff_s = 0.1",
    "# result_s = 3.0": "result_s = 5.0",
    "# cooldown_s = 2.0": "cooldown_s = 6.0",
}
PIN = "739218"
TRIES = 4
"""Times that a state may be gone before its picture is taken, on a machine with other work."""
SYMBOL = "() => document.getElementById('icon').getBoundingClientRect().width"


def configured(folder: Path, **more: Any) -> Path:
    """A new device, quick to dim and to try again."""
    folder.mkdir()
    file = folder / "facekiosk.toml"
    text, _ = plan(file, **more)
    for was, now in SETTINGS.items():
        assert was in text, was
        text = text.replace(was, now)
    create(file, text)
    return file


async def enrolled_elsewhere(file: Path) -> None:
    """Somebody whose enrolment waits to be confirmed."""
    config, model = load_config(file), load_manifest(None).embedding
    template = np.eye(1, model.dimension, dtype=np.float32)[0]
    async with open_store(config.database, load_keys(config.paths.key_file)) as store:
        await store.put_person(Person(LOCAL, "ada", display_name="Ada Lovelace"))
        await store.add_enrollment(
            Enrollment("e", LOCAL, "ada", model.id, template, 0.9, 5, True, Origin.LINK, DoorState.PENDING)
        )


async def give_pin(file: Path) -> None:
    """Give her a PIN, as kioskctl does after its prompt."""
    replies = AdminConnection(load_config(file).admin_socket).perform(UserPinSet(user_id="ada", pin=PIN, number="4711"))
    assert [type(reply) async for reply in replies] == [UserPinIsSet]


def aside(work: Any) -> None:
    """Run a coroutine: playwright's own loop runs in this thread."""
    with ThreadPoolExecutor() as thread:
        thread.submit(asyncio.run, work).result()


class Visitor:
    """Who stands before the replayed camera and the browser's screen."""

    def __init__(self, page: Page, camera: Replayed, reports: Path) -> None:
        self.page = page
        self.camera = camera
        self.reports = reports

    def sees(self, name: str, selector: str, scene: str = "", again: Callable[[], None] = lambda: None) -> None:
        """A state of the page, once `scene` is before the camera; its picture is kept, and whatever is shown then is clean.

        `again` brings it about anew where it was over before its picture was taken.
        """
        for _ in range(TRIES):
            again()
            if scene:
                self.camera.show(scene)
            # By selector: the page's own security policy forbids the evaluation of text that waiting for a function needs.
            with suppress(Late):
                self.page.wait_for_selector(f"body{selector}", timeout=20_000, state="attached")
                self.page.screenshot(path=self.reports / f"replay-{name}.png")
            if self.page.locator(f"body{selector}").count():
                break
        else:
            pytest.fail(f"{name} is not reached, or not for as long as a picture takes")
        assert axe_finds(self.page) == [], name
        assert self.page.evaluate(OUTSIDE) == [], name
        assert self.page.evaluate(SYMBOL) > 0 or "pad" in name, name

    def types(self, number: str, pin: str) -> None:
        """Number and PIN, by touch."""
        self.page.click("#open")
        self.page.wait_for_selector("#pad:not([hidden])")
        for digits in (number, pin):
            for key in digits:
                self.page.click(f"#keys button:text-is('{key}')")
            self.page.click("#done")


@pytest.fixture
def visitor(launch: Any, tmp_path: Path, reports: Path) -> Iterator[Visitor]:
    with launch() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce", bypass_csp=True)
        yield Visitor(context.new_page(), Replayed(tmp_path / "scenes"), reports)


def vision_of(kiosk: Running) -> int | None:
    """The process id of the kiosk's vision, where there is one."""
    found = subprocess.run(
        ["pgrep", "-P", str(kiosk.process.pid), "-f", "inference.vision"], capture_output=True, text=True, check=False
    )
    return int(found.stdout.split()[0]) if found.stdout else None


def kill_until_looping(kiosk: Running, page: Page) -> None:
    """Kill vision each time it begins, until the kiosk gives it up."""
    until = time.monotonic() + 60
    while time.monotonic() < until and "vision_failing" not in (page.text_content("#detail") or ""):
        if (found := vision_of(kiosk)) is not None:
            os.kill(found, signal.SIGKILL)
        page.wait_for_timeout(100)


def disk(kiosk: Running, *, full: bool) -> None:
    """Let control write no file any more, as on a full disk, or again."""
    _, hard = resource.prlimit(kiosk.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(kiosk.process.pid, resource.RLIMIT_FSIZE, (0 if full else hard, hard))


def enrols_at_the_camera(visitor: Visitor, file: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "provisioning",
        "enroll",
        "grace",
        "--camera",
        "--name",
        "Grace Hopper",
        "--config",
        str(file),
    ]
    with subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL) as operator:
        visitor.sees("reserved", "[data-phase=reserved] h1:text-is('Please blink')", "staring")
        visitor.sees("enrolled", "[data-outcome=enrolled]", "grace")
        assert operator.wait(30) == 0


def comes_to_the_door(visitor: Visitor) -> None:
    visitor.sees("granted", "[data-outcome=granted] h1:text-is('Welcome, Grace Hopper')", "grace")
    visitor.sees("idle", "[data-idle=yes][data-dim=no]", "nobody")
    visitor.sees("dim", "[data-dim=yes]")
    visitor.sees("approach", "[data-phase=waiting] h1:text-is('Come closer')", "far")
    visitor.sees("dark", "[data-fill=yes][data-phase=visit] h1:text-is('More light, please')", "dark")
    visitor.sees("bright", "[data-idle=yes][data-fill=no]", "nobody")
    visitor.sees("visit", "[data-phase=visit][data-fill=no] h1:text-is('Please blink')", "staring")
    visitor.sees("refused", "[data-outcome=refused] #detail:has-text('live check')")
    visitor.sees("pause", "[data-phase=pause] #count:has-text('Next try in')")


def types_at_the_pad(visitor: Visitor) -> None:
    visitor.camera.show("nobody")
    page = visitor.page
    page.wait_for_selector("body[data-idle=yes]", state="attached")
    page.click("#open")
    visitor.sees("pad", "[data-phase=pad]")
    page.click("#cancel")
    page.wait_for_selector("body[data-idle=yes]", state="attached")
    visitor.types("4711", PIN)
    visitor.sees("confirm", "[data-outcome=granted] #detail:has-text('confirms your enrolment')")
    page.wait_for_selector("body[data-idle=yes]", state="attached")
    for _ in range(3):
        visitor.types("4711", "000000")
        visitor.sees("pin-wrong", "[data-outcome=refused] #detail:has-text('not accepted')")
    visitor.types("4711", PIN)
    visitor.sees("locked-out", "[data-outcome=refused] #detail:has-text('Too many tries')")


def meets_faults(visitor: Visitor, kiosk: Running) -> None:
    disk(kiosk, full=True)
    visitor.sees("store-failed", "[data-phase=closed] #detail:has-text('store_failed')", "grace")
    disk(kiosk, full=False)
    visitor.sees("recovered", "[data-outcome=granted]")
    found = vision_of(kiosk)
    assert found is not None
    os.kill(found, signal.SIGSTOP)
    visitor.sees("closed", "[data-phase=closed] #detail:has-text('vision_unavailable')")
    kill_until_looping(kiosk, visitor.page)
    visitor.sees("failing", "[data-phase=closed] #detail:has-text('vision_failing')")
    assert kiosk.stop() == 0
    visitor.sees("offline", "[data-phase=closed] #detail:has-text('offline')")


def test_every_state_that_a_staff_door_reaches(visitor: Visitor, tmp_path: Path, start: Callable[..., Running]) -> None:
    file = configured(tmp_path / "staff")
    aside(enrolled_elsewhere(file))
    kiosk = start("device.app", "--config", str(file), "--camera", str(visitor.camera.camera))
    visitor.page.goto(kiosk.wait_for(r"(http://127\.0\.0\.1:\d+/kiosk/)", 60)[1])
    visitor.sees("starting", "[data-phase=starting]")
    kiosk.wait_for(r"^ready after", 60)
    aside(give_pin(file))
    enrols_at_the_camera(visitor, file)
    comes_to_the_door(visitor)
    types_at_the_pad(visitor)
    meets_faults(visitor, kiosk)


def test_a_strict_public_one_asks_for_a_touch_and_a_turn(visitor: Visitor, tmp_path: Path, start: Callable[..., Running]) -> None:
    file = configured(tmp_path / "public", frontage=Frontage.PUBLIC, policy="strict")
    kiosk = start("device.app", "--config", str(file), "--camera", str(visitor.camera.camera))
    page = visitor.page
    page.goto(kiosk.wait_for(r"(http://127\.0\.0\.1:\d+/kiosk/)", 60)[1])
    visitor.sees("public", "[data-phase=waiting][data-idle=yes]")

    def touch() -> None:
        visitor.camera.show("nobody")
        page.wait_for_selector("body[data-idle=yes]", state="attached")
        page.click("#begin")

    visitor.sees("turn", "[data-phase=visit] h1:text-matches('^(Turn head|Close your eyes)')", "staring", touch)
    assert kiosk.stop() == 0
