"""`/api/openapi.json` and `/api/docs/`: the contract for programs, and a page that shows it. Both work without a network."""

from aiohttp import web
from pydantic_core import to_json

from api.http import add
from api.openapi import document
from api.operation import Operation, operation
from api.pages import HEADERS, file_answer, page_files


class Docs:
    """Serves both; the document is made when it is first asked for, of all routes that are mounted by then."""

    def __init__(self) -> None:
        self._files = page_files("docs")
        self._document: bytes | None = None

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_route("GET", "/api/openapi.json", self.openapi)
        add(app, "GET", "/api/docs/", self.docs)
        app.router.add_get("/api/docs/{name}", self._file)

    @operation(Operation(answers={200: "application/json"}, credential=False))
    async def openapi(self, request: web.Request) -> web.Response:
        """This document."""
        if self._document is None:
            self._document = to_json(document(request.app))
        return web.Response(body=self._document, content_type="application/json", headers=HEADERS)

    @operation(Operation(answers={200: "text/html"}, credential=False))
    async def docs(self, _: web.Request) -> web.Response:
        """A page that shows this document."""
        return file_answer("index.html", self._files["index.html"])

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._files:
            raise web.HTTPNotFound
        return file_answer(name, self._files[name])


def mount(app: web.Application) -> None:
    """Add the routes; each application has a document of its own."""
    Docs().add_to(app)
