"""`/enroll/` in a real browser, a video file its camera, over TLS, against a real kiosk: from the link to the enrolment."""

import base64
import hashlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page

from device.certificates import init, load_certificate
from device.config import load_config
from device.settings import LanSettings

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

REPORTS = Path(__file__).resolve().parents[2] / "build" / "reports"
PHONE = {"width": 412, "height": 915}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def enrolling(device: Path, start, ctl) -> Callable[..., str]:
    """A kiosk that is served on the network too; makes links for it."""
    text = device.read_text().replace('# host = ""', 'host = "127.0.0.1"').replace("# port = 8443", f"port = {free_port()}")
    device.write_text(text)
    assert ctl("tls", "init", "--name", "localhost", "--name", "127.0.0.1", "--config", str(device)).returncode == 0
    kiosk = start("device.app", "--config", str(device), "--camera", "demo")
    kiosk.wait_for(r"^facekiosk: clients reach it at https://localhost:", 60)
    kiosk.wait_for(r"^ready after", 60)

    def link(user: str, *more: str) -> str:
        done = ctl("enroll-link", user, *more, "--json", "--config", str(device))
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["url"])

    return link


@pytest.fixture(scope="module")
def browser(device: Path, enrolling, launch, as_camera) -> Iterator[Browser]:
    """Chromium, which trusts this kiosk's certificate and no other."""
    key = load_certificate(load_config(device).lan.certificate).public_key()
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    with launch(f"--ignore-certificate-errors-spki-list={base64.b64encode(digest).decode()}", *as_camera) as chromium:
        yield chromium


@contextmanager
def opened(browser: Browser, *, camera: bool = True, **named: Any) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce", **named)
    if camera:
        context.grant_permissions(["camera"])
    yield context.new_page()
    context.close()


def state(page: Page, wanted: str, seconds: float = 60) -> None:
    page.wait_for_function(
        f"() => ['{wanted}', 'trouble', 'failed'].includes(document.body.dataset.state)", timeout=seconds * 1000
    )
    said = page.evaluate("({...document.body.dataset})")
    assert said["state"] == wanted, said


def picture(page: Page, name: str) -> None:
    REPORTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=REPORTS / f"enroll-{name}.png")


def shown(ctl, device: Path, user: str) -> dict[str, Any]:
    return json.loads(ctl("user", "show", user, "--json", "--config", str(device)).stdout)


def test_somebody_enrols_from_a_phone(browser: Browser, enrolling, device: Path, ctl) -> None:
    url = enrolling("ada", "--name", "Ada Lovelace")
    troubles: list[str] = []
    asked: list[str] = []
    with opened(browser) as page:
        page.on("console", lambda message: troubles.append(message.text) if message.type in ("error", "warning") else None)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(url)
        state(page, "text")
        assert page.locator("#greeting").text_content() == "Hello, Ada Lovelace"
        assert "withdraw your consent" in page.locator("#basis").text_content()
        assert "#" not in page.url
        picture(page, "text")
        page.click("#go")
        state(page, "looking")
        page.wait_for_function("() => Number(document.body.dataset.progress) > 10", timeout=60_000)
        picture(page, "looking")
        assert page.locator("#slow").is_hidden()
        state(page, "done", 90)
        picture(page, "done")
        assert page.locator("#headline").text_content() == "You are enrolled"
        assert page.evaluate("document.getElementById('picture').srcObject") is None
    assert troubles == []
    origin = url.partition("/enroll/")[0]
    assert all(each.startswith((origin, "blob:")) for each in asked)
    told = shown(ctl, device, "ada")
    (enrollment,) = told["enrollments"]
    assert (enrollment["origin"], enrollment["door"], enrollment["liveness_verified"]) == ("link", "pending", True)
    assert told["person"]["display_name"] == "Ada Lovelace"
    with opened(browser) as page:
        page.goto(url)
        state(page, "failed")
        assert page.locator("#headline").text_content() == "This link is no longer good"
        picture(page, "used")


@contextmanager
def untrusted(folder: Path) -> Iterator[int]:
    """A server on this machine whose certificate nobody trusts; its port."""
    lan = LanSettings(**{name: folder / name for name in ("certificate", "key", "authority", "authority_key")})
    init(lan, ["localhost"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(lan.certificate, lan.key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            with plain:
                try:
                    context.wrap_socket(plain, server_side=True).close()
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


ELSEWHERE = """(() => { const Own = WebSocket;
  window.WebSocket = class extends Own {
    constructor(url, protocols) { super(url.replace(/:[0-9]+/, ':PORT'), protocols); }
  }; })()"""


def test_a_socket_refused_for_its_certificate_is_told_and_uploads_take_its_place(
    browser: Browser, enrolling, device: Path, ctl, tmp_path: Path
) -> None:
    """The browser refuses the socket as Safari does where its user only clicked the page's warning away."""
    said: list[str] = []
    before = len(shown(ctl, device, "ada").get("enrollments", ()))
    with untrusted(tmp_path) as port, opened(browser, bypass_csp=True) as page:
        page.add_init_script(ELSEWHERE.replace("PORT", str(port)))
        page.on("console", lambda message: said.append(message.text))
        page.goto(enrolling("ada"))
        state(page, "text")
        page.click("#go")
        state(page, "looking")
        page.wait_for_function("() => Number(document.body.dataset.progress) > 10", timeout=60_000)
        assert "install the certificate" in page.locator("#slow").text_content()
        assert page.locator("#slow").is_visible()
        picture(page, "uploads")
        state(page, "done", 90)
    assert any("ERR_CERT_AUTHORITY_INVALID" in line for line in said), said
    assert len(shown(ctl, device, "ada")["enrollments"]) == before + 1


def test_somebody_elses_face_is_refused(browser: Browser, enrolling, device: Path, ctl) -> None:
    """Whoever is enrolled already cannot become another person by a second link."""
    with opened(browser) as page:
        page.goto(enrolling("eve"))
        state(page, "text")
        page.click("#go")
        state(page, "failed", 90)
        assert page.locator("#headline").text_content() == "This face is enrolled already"
        picture(page, "duplicate")
    assert shown(ctl, device, "eve")["enrollments"] == []


def test_a_refused_camera_costs_nothing_and_can_be_tried_again(browser: Browser, enrolling) -> None:
    url = enrolling("alan")
    with opened(browser, camera=False) as page:
        page.goto(url)
        state(page, "text")
        page.click("#go")
        state(page, "trouble")
        assert page.locator("#headline").text_content() == "The camera was not allowed"
        picture(page, "no-camera")
        page.click("#again")
        state(page, "text")
        page.reload()
        state(page, "text")


def test_the_page_speaks_the_browsers_language(browser: Browser, enrolling) -> None:
    with opened(browser, camera=False, locale="de-AT") as page:
        page.goto(enrolling("alan", "--name", "Alan"))
        state(page, "text")
        assert page.locator("#greeting").text_content() == "Guten Tag, Alan"
        assert page.locator("html").get_attribute("lang") == "de"
        page.click("#go")
        state(page, "trouble")
        assert page.locator("#headline").text_content() == "Die Kamera wurde nicht erlaubt"
        assert page.locator("#again").text_content() == "Noch einmal"
        picture(page, "german")
    with opened(browser, camera=False, locale="fr-FR") as page:
        page.goto(enrolling("alan").partition("#")[0])
        state(page, "trouble")
        assert page.locator("#headline").text_content() == "The link is missing"


def test_a_link_that_was_cut_short_says_so(browser: Browser, enrolling) -> None:
    with opened(browser) as page:
        page.goto(enrolling("alan").partition("#")[0])
        state(page, "trouble")
        assert page.locator("#headline").text_content() == "The link is missing"
        picture(page, "no-link")


def test_the_trust_page_is_shown(browser: Browser, enrolling) -> None:
    with opened(browser) as page:
        page.goto(enrolling("alan").partition("/enroll/")[0] + "/trust/")
        assert len(page.locator("#fingerprint").text_content()) == 32 * 3 - 1
        REPORTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=REPORTS / "trust.png", full_page=True)
