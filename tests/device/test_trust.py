"""The trust page as a phone gets it: every file that it names, the same certificate in each, and nothing from elsewhere."""

import plistlib
import re
import ssl

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from api.server import build_lan_app, serve
from api.services import Services
from api.settings import ApiSettings
from device.certificates import fingerprint, init, load_certificate
from device.settings import LanSettings
from device.trust import Trust, mobileconfig, qr_svg


@pytest.fixture
def lan(tmp_path) -> LanSettings:
    made = LanSettings(**{name: tmp_path / name for name in ("certificate", "key", "authority", "authority_key")})
    init(made, ["kiosk.local"])
    return made


async def test_the_page_and_all_that_it_names_is_served(lan: LanSettings) -> None:
    authority = load_certificate(lan.authority)
    nothing = dict.fromkeys(("store", "sessions", "desk", "credentials", "recognition", "clock", "look"))
    services = Services(settings=ApiSettings(), **nothing)
    app = build_lan_app(services, [], Trust(lan, "https://kiosk.local:8443").mount)
    async with serve(app, "127.0.0.1", 0) as port, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        page = await (await http.get("/trust/")).text()
        assert fingerprint(authority) in page.replace("<wbr>", "")
        assert "https://kiosk.local:8443/trust/" in page
        assert "$" not in page
        names = {name for name in re.findall(r'(?:href|src)="([^"]+)"', page) if not name.startswith("https://kiosk.local")}
        assert {"facekiosk.crt", "facekiosk.pem", "facekiosk.mobileconfig", "qr.svg"} < names
        got = {}
        for name in names:
            async with http.get(f"/trust/{name}") as answer:
                assert answer.status == 200, name
                assert "'none'" in answer.headers["Content-Security-Policy"]
                got[name] = (answer.content_type, await answer.read())
        assert (await http.get("/trust/authority_key")).status == 404
    der = authority.public_bytes(Encoding.DER)
    assert got["facekiosk.crt"] == ("application/x-x509-ca-cert", der)
    assert x509.load_pem_x509_certificate(got["facekiosk.pem"][1]) == authority
    assert got["facekiosk.mobileconfig"] == ("application/x-apple-aspen-config", mobileconfig(authority))


def test_the_profile_installs_the_authority_and_is_always_the_same(lan: LanSettings) -> None:
    authority = load_certificate(lan.authority)
    profile = plistlib.loads(mobileconfig(authority))
    (root,) = profile["PayloadContent"]
    assert (profile["PayloadType"], root["PayloadType"]) == ("Configuration", "com.apple.security.root")
    assert ssl.DER_cert_to_PEM_cert(root["PayloadContent"]).encode() == authority.public_bytes(Encoding.PEM)
    assert root["PayloadUUID"] != profile["PayloadUUID"]
    assert mobileconfig(authority) == mobileconfig(load_certificate(lan.authority))


def test_the_code_says_the_address(tmp_path) -> None:
    cv2 = pytest.importorskip("cv2")
    import segno

    address = "https://kiosk.local:8443/trust/"
    assert b"<svg" in qr_svg(address)
    segno.make(address, error="m").save(str(tmp_path / "code.png"), scale=6, border=4)
    assert cv2.QRCodeDetector().detectAndDecode(cv2.imread(str(tmp_path / "code.png")))[0] == address
