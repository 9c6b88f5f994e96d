"""`/api/openapi.json` and `/api/docs/`: the contract for programs, and a page that shows it. Both work without a network."""

from pathlib import Path

from aiohttp import web
from pydantic_core import to_json

import api
from api.http import add
from api.openapi import document
from api.operation import Operation, operation

PAGE = Path(api.__file__).parent / "static" / "docs"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""The page loads nothing but its own files."""


class Docs:
    """Serves both; the document is made when it is first asked for, of all routes that are mounted by then."""

    def __init__(self, page: Path = PAGE) -> None:
        self._page = page
        self._document: bytes | None = None

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_route("GET", "/api/openapi.json", self.openapi)
        add(app, "GET", "/api/docs/", self.docs)
        app.router.add_get("/api/docs/docs.css", self.style)
        app.router.add_get("/api/docs/docs.js", self.script)

    @operation(Operation(answers={200: "application/json"}, credential=False))
    async def openapi(self, request: web.Request) -> web.Response:
        """This document."""
        if self._document is None:
            self._document = to_json(document(request.app))
        return web.Response(body=self._document, content_type="application/json", headers=HEADERS)

    @operation(Operation(answers={200: "text/html"}, credential=False))
    async def docs(self, _: web.Request) -> web.Response:
        """A page that shows this document."""
        return self._file("index.html", "text/html")

    async def style(self, _: web.Request) -> web.Response:
        """The page's style."""
        return self._file("docs.css", "text/css")

    async def script(self, _: web.Request) -> web.Response:
        """The page's program."""
        return self._file("docs.js", "text/javascript")

    def _file(self, name: str, kind: str) -> web.Response:
        body = (self._page / name).read_bytes()
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=HEADERS)


def mount(app: web.Application) -> None:
    """Add the routes; each application has a document of its own."""
    Docs().add_to(app)
