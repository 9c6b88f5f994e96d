"""The kiosk's page over a real listener: what it serves, to whom, and what its live socket says."""

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from api.http import loopback_only
from api.server import _app, serve
from api.services import Services
from api.settings import ApiSettings
from device.board import Board, Notice, Phase, Sign
from device.screen import Screen
from device.screen_settings import PAGE
from device.vision_link import VisionLink
from inference.channel import Preview
from inference.observation import Box
from tests.device.stand_in import StandIn


@dataclass
class Site:
    """A served screen."""

    url: str
    board: Board
    link: VisionLink
    http: aiohttp.ClientSession
    screen: Screen


def app_of(screen: Screen) -> web.Application:
    """The loopback application with the screen alone."""
    nothing = dict.fromkeys(("store", "sessions", "desk", "credentials", "recognition", "clock", "look"))
    return _app(Services(settings=ApiSettings(), **nothing), loopback_only, screen.mount)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    board = Board()
    async with VisionLink("camera", tmp_path / "s", "model", os.getpid) as link, aiohttp.ClientSession() as http:
        screen = Screen(board, link)
        async with serve(app_of(screen), "127.0.0.1", 0) as port:
            yield Site(f"http://127.0.0.1:{port}", board, link, http, screen)


async def test_the_page_and_all_that_it_names_is_served(site: Site) -> None:
    async with site.http.get(f"{site.url}/") as answer:
        assert answer.url.path == "/kiosk/"
        page = await answer.text()
        assert "'none'" in answer.headers["Content-Security-Policy"]
    names = set(re.findall(r'(?:href|src)="([^"#]+)', page))
    assert names == {"mark.svg", "kiosk.css", "kiosk.js"}
    imported = {name for file in PAGE.glob("*.js") for name in re.findall(r'from "\./([^"]+)"', file.read_text())}
    for name in names | imported | {"icons.svg", "lang.en.js", "lang.de.js", "speech/de/blink.ogg"}:
        async with site.http.get(f"{site.url}/kiosk/{name}") as answer:
            assert answer.status == 200
            assert await answer.read() == (PAGE / name).read_bytes()
    async with site.http.get(f"{site.url}/kiosk/languages.json") as answer:
        assert await answer.json() == ["de", "en"]


async def test_another_language_takes_one_file(tmp_path: Path, site: Site) -> None:
    shutil.copytree(PAGE, tmp_path / "kiosk")
    shutil.copy(PAGE / "lang.en.js", tmp_path / "kiosk" / "lang.fr.js")
    app = app_of(Screen(site.board, site.link, page=tmp_path / "kiosk"))
    async with serve(app, "127.0.0.1", 0) as port, site.http.get(f"http://127.0.0.1:{port}/kiosk/languages.json") as answer:
        assert await answer.json() == ["de", "en", "fr"]


TEXTS = sorted(file for file in PAGE.rglob("*") if file.suffix in (".html", ".css", ".js", ".svg"))


def test_the_page_takes_nothing_from_the_network() -> None:
    for file in TEXTS:
        named = re.findall(r"""["'(](?:https?:)?//[^"')]+""", file.read_text())
        assert [name for name in named if "www.w3.org" not in name] == []


def table(code: str, name: str) -> dict[str, str]:
    """A table of words of a language: key → text, or what makes it."""
    block = re.search(rf"export const {name} = \{{(.*?)\n\}};", (PAGE / f"lang.{code}.js").read_text(), re.DOTALL)
    assert block
    return dict(re.findall(r'^  (\w+): (?:"([^"]+)")?', block[1], re.MULTILINE))


def headlines_of(code: str) -> list[str]:
    """The headlines of a language's phases."""
    block = re.search(r"export const PHASES = \{(.*?)\n\};", (PAGE / f"lang.{code}.js").read_text(), re.DOTALL)
    found = re.findall(r'^  \w+: \["([^"]*)"', block[1] if block else "", re.MULTILINE)
    assert len(found) == len(table(code, "PHASES"))
    return found


@pytest.mark.parametrize("code", ["en", "de"])
def test_every_instruction_has_words_at_most_four_an_icon_and_speech(code: str) -> None:
    contract = (
        "look_straight blink close_eyes turn_left turn_right move_closer move_back hold_still step_closer uncover_mouth "
        "remove_sunglasses lift_hat more_light"
    )
    words = table(code, "INSTRUCTIONS")
    assert set(words) == set(contract.split())
    texts = table(code, "TEXTS")
    headlines = [
        *words.values(),
        *headlines_of(code),
        *(texts[name] for name in ("granted", "refused", "enrolled", "notEnrolled", "number", "pin")),
    ]
    assert [text for text in headlines if not 0 < len(text.split()) <= 4] == []
    icons = set(re.findall(r'symbol id="icon-(\w+)"', (PAGE / "icons.svg").read_text()))
    assert set(words) | {"yes", "no", "wait", "closed", "pad", "face", "tap"} <= icons
    spoken = {file.stem for file in (PAGE / "speech" / code).iterdir()}
    assert spoken == set(words) | set(table(code, "SPEECH"))


def test_every_code_of_a_closed_kiosk_has_words_and_is_explained_to_operators(root: Path) -> None:
    code = "".join(path.read_text() for path in sorted((root / "device").glob("kiosk*.py")))
    shown = set(re.findall(r'Phase.CLOSED, reason="(\w+)"', code)) | {"offline"}
    assert set(table("en", "CLOSED")) == shown
    explained = (root / "docs/operator.md").read_text().partition("Out of service")[2]
    assert [code for code in shown if f"| `{code}` |" not in explained] == []


@pytest.mark.parametrize("name", ["INSTRUCTIONS", "CONDITIONS", "REFUSALS", "CLOSED", "PHASES", "TEXTS", "SPEECH"])
def test_languages_have_words_for_the_same(name: str) -> None:
    assert set(table("en", name)) == set(table("de", name))


@pytest.mark.parametrize("path", ["/kiosk/../server.py", "/kiosk/%2e%2e%2fserver.py", "/kiosk/none.js", "/kiosk/index.html%00"])
async def test_nothing_else_is_served(site: Site, path: str) -> None:
    async with site.http.get(site.url + path) as answer:
        assert answer.status == 404


async def test_other_hosts_and_origins_are_refused(site: Site) -> None:
    async with site.http.get(f"{site.url}/kiosk/", headers={"Host": "evil.example"}) as answer:
        assert answer.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await site.http.ws_connect(f"{site.url}/kiosk/live", headers={"Origin": "http://evil.example"})
    assert refused.value.status == 403


async def test_the_live_socket_tells_the_sign_and_its_changes(site: Site) -> None:
    site.board.note(Notice("demo", False, "basic", "simulated"))
    async with site.http.ws_connect(f"{site.url}/kiosk/live", headers={"Origin": site.url}) as socket:
        first = await socket.receive_json(timeout=2)
        assert first["phase"] == "starting"
        shown = {name: first["notice"][name] for name in ("source", "live", "policy", "door", "ways", "frontage")}
        assert shown == {"source": "demo", "live": False, "policy": "basic", "door": "simulated", "ways": [], "frontage": "staff"}
        site.board.show(Sign(phase=Phase.VISIT, instruction="blink", face=Box(1, 2, 3, 4)))
        second = await socket.receive_json(timeout=2)
        assert (second["instruction"], second["face"]) == ("blink", {"x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0})
        assert second["notice"] == first["notice"]


class Desk:
    """Stands in for the kiosk."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []

    async def pad(self, *, opened: bool) -> None:
        self.heard.append(("pad", opened))

    async def present(self, means: str, *said: str) -> None:
        self.heard.append((means, *said))

    def tapped(self) -> None:
        self.heard.append(("tap",))


BAD = (
    "",
    "{}",
    "null",
    '{"type": "open"}',
    '{"type": "pin", "number": "4711"}',
    '{"type": "pin", "number": "4711; DROP", "pin": "739218"}',
    '{"type": "pin", "number": "4711", "pin": "73921\\n"}',
    '{"type": "card", "text": "<script>1</script>"}',
    '{"type": "card", "text": "0012345678", "grant": true}',
)


async def test_what_is_typed_reaches_the_kiosk_and_nothing_else_does(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    site.screen._entered = desk  # type: ignore[assignment]
    async with site.http.ws_connect(f"{site.url}/kiosk/live") as socket:
        await socket.receive_json(timeout=2)
        for text in BAD:
            await socket.send_str(text)
        await socket.send_bytes(b"x")
        await socket.send_str('{"type": "beat"}')
        await socket.send_str('{"type": "tap"}')
        await socket.send_str('{"type": "pad", "open": true}')
        await socket.send_str('{"type": "pin", "number": "4711", "pin": "739218"}')
        await socket.send_str('{"type": "card", "text": "0012345678"}')
        async with asyncio.timeout(2):
            while len(desk.heard) < 4:  # noqa: ASYNC110  # the desk tells nobody
                await asyncio.sleep(0.01)
    assert desk.heard == [("tap",), ("pad", True), ("pin", "4711", "739218"), ("card", "0012345678")]
    assert site.screen.beat_at is not None
    assert not any(secret in caplog.text for secret in ("739218", "0012345678", "script"))


async def test_previews_come_while_somebody_watches(site: Site) -> None:
    camera = await StandIn(site.link).connect()
    async with site.http.ws_connect(f"{site.url}/kiosk/live") as socket:
        json.loads((await socket.receive(timeout=2)).data)
        camera.say(Preview(1, b"jpeg"))
        assert (await socket.receive(timeout=2)).data == b"jpeg"
    async with asyncio.timeout(2):
        while site.link.watched:  # noqa: ASYNC110  # a page that closes tells nobody else
            await asyncio.sleep(0.01)
    await camera.close()


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours #rrggbb, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


BLACK = "#000000"
CSS = (PAGE / "kiosk.css").read_text()
COLOURS = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", CSS))


@pytest.mark.parametrize("text", ["text", "soft", "calm", "yes", "no"])
def test_every_text_and_symbol_has_a_contrast_of_seven_to_one(text: str) -> None:
    lightest = re.findall(r"gradient\([^#]*(#[0-9a-f]{6})", CSS)
    assert len(lightest) == 1
    for ground in (COLOURS["night"], COLOURS["panel"], lightest[0], BLACK):
        assert contrast(COLOURS[text], ground) >= 7


def test_what_is_written_on_a_coloured_button_has_it_too() -> None:
    rule = re.search(r"\.go \{[^}]*background: var\(--(\w+)\); color: (#[0-9a-f]{6})", CSS)
    assert rule is not None
    pressed = re.findall(r"(\.go|button):active \{ background: (#[0-9a-f]{6})", CSS)
    assert {name for name, _ in pressed} == {".go", "button"}
    assert contrast(COLOURS[rule[1]], rule[2]) >= 7
    for name, ground in pressed:
        assert contrast(rule[2] if name == ".go" else COLOURS["text"], ground) >= 7
    used = set(re.findall(r"(?<![-\w])color: ([^;}]+?)[; ]", CSS))
    assert used <= {f"var(--{name})" for name in ("text", "soft", "calm", "yes", "no", "accent")} | {rule[2]}


def test_the_page_moves_less_where_that_is_asked() -> None:
    assert "prefers-reduced-motion" in CSS
