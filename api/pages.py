"""Pages that the device serves from its own files: types, headers, and nothing from anywhere else."""

import re
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""A page loads nothing but itself, nobody frames it, and nobody is told where its reader came from."""


def tokens() -> bytes:
    """The colours that all pages share: the custom properties at the head of the kiosk's stylesheet."""
    css = (STATIC / "kiosk" / "kiosk.css").read_text(encoding="utf-8")
    found = re.search(r"^:root \{.*?^\}$", css, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError("the kiosk's stylesheet has no :root")
    return found[0].encode()


def page_files(name: str) -> Mapping[str, bytes]:
    """The files of a page's folder below `static`, with the shared colours, mark and look."""
    folders = (STATIC / "shared", STATIC / name)
    own = {file.name: file.read_bytes() for folder in folders for file in folder.iterdir() if file.suffix in TYPES}
    return {"tokens.css": tokens(), "mark.svg": (STATIC / "kiosk" / "mark.svg").read_bytes(), **own}


def file_answer(name: str, content: bytes, headers: Mapping[str, str] = {}) -> web.Response:
    """A file of a page."""
    kind = TYPES[Path(name).suffix]
    return web.Response(body=content, content_type=kind, charset="utf-8", headers={**HEADERS, **headers})
