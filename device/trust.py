"""`/trust/`: the certificate of the device's own authority for phones and computers, its fingerprint, and how to install it."""

import io
import plistlib
import uuid
from collections.abc import Mapping
from html import escape
from string import Template

import segno
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from api.pages import HEADERS, TYPES, file_answer, page_files
from device.certificates import fingerprint, load_certificate
from device.settings import LanSettings

_DOWNLOADS = {
    "facekiosk.crt": "application/x-x509-ca-cert",
    "facekiosk.pem": "application/x-pem-file",
    "facekiosk.mobileconfig": "application/x-apple-aspen-config",
}
_IDENTIFIER = "org.facekiosk.authority"


def mobileconfig(authority: x509.Certificate) -> bytes:
    """A configuration profile by which iPhones and iPads install the authority (Apple: Configuration Profile Reference)."""
    name = authority.subject.rfc4514_string()
    der = authority.public_bytes(Encoding.DER)
    # Of the certificate alone, so that the same one replaces itself and another stands beside it.
    inner, outer = (str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {fingerprint(authority)}")) for kind in ("root", "profile"))
    root = {
        "PayloadType": "com.apple.security.root",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{_IDENTIFIER}.{inner}",
        "PayloadUUID": inner,
        "PayloadDisplayName": name,
        "PayloadCertificateFileName": "facekiosk.cer",
        "PayloadContent": der,
    }
    return plistlib.dumps(
        {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadIdentifier": f"{_IDENTIFIER}.{outer}",
            "PayloadUUID": outer,
            "PayloadDisplayName": "facekiosk",
            "PayloadDescription": "Lets this device trust the kiosk on your network.",
            "PayloadContent": [root],
        }
    )


def qr_svg(text: str) -> bytes:
    """A QR code as SVG, dark on white with the quiet zone that scanners need (ISO/IEC 18004: four modules)."""
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="svg", scale=4, border=4, dark="#0a0f1e", light="#ffffff", xmldecl=False)
    return out.getvalue()


class Trust:
    """Serves the page; `mount` adds its routes to an application."""

    def __init__(self, lan: LanSettings, url: str) -> None:
        """`url`: how the device is reached, without a last slash. `TlsRefused`: there is no authority of its own."""
        authority = load_certificate(lan.authority)
        files = dict(page_files("trust"))
        page = Template(files["index.html"].decode())
        filled = page.substitute(fingerprint=fingerprint(authority).replace(":", ":<wbr>"), url=escape(f"{url}/trust/"))
        self._files: Mapping[str, bytes] = files | {
            "index.html": filled.encode(),
            "qr.svg": qr_svg(f"{url}/trust/"),
            "facekiosk.crt": authority.public_bytes(Encoding.DER),
            "facekiosk.pem": authority.public_bytes(Encoding.PEM),
            "facekiosk.mobileconfig": mobileconfig(authority),
        }

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/trust", self._to_page)
        app.router.add_get("/trust/", self._file)
        app.router.add_get("/trust/{name}", self._file)

    async def _to_page(self, _: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/trust/", **HEADERS})

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "index.html")
        content = self._files.get(name)
        if content is None:
            raise web.HTTPNotFound
        if f".{name.rpartition('.')[2]}" in TYPES:
            return file_answer(name, content)
        saved = {"Content-Disposition": f'attachment; filename="{name}"'}
        return web.Response(body=content, content_type=_DOWNLOADS[name], headers={**HEADERS, **saved})
