"""`/enroll/`: the page by which somebody enrols from a phone or laptop, and what it asks of the device."""

from typing import Annotated

from aiohttp import web
from pydantic import Field

from api.clock import rfc3339
from api.errors import ApiError
from api.http import add, answer
from api.links import EnrollLinks, text_version
from api.pages import HEADERS, file_answer, page_files
from api.routes.sessions import judged
from api.schema import Answer, FaceFrame, Request, parse
from api.services import SERVICES
from api.wire import SESSION_STATUS, frame_answer

LINKS = web.AppKey("links", EnrollLinks)

Token = Annotated[str, Field(min_length=1, max_length=100)]


class LinkRequest(Request):
    """`POST /enroll/link/`."""

    token: Token


class LinkResponse(Answer):
    """What a link is for, and the text that the person is to be shown."""

    name: str
    expires_at: str
    basis: str
    text: str
    text_version: str


class LinkSessionRequest(Request):
    """`POST /enroll/session/`: the person has read the text of this version, and goes on."""

    token: Token
    text_version: Annotated[str, Field(max_length=200)]


class LinkSessionResponse(Answer):
    """A new session, and what opens the link if this session comes to nothing."""

    session_token: str
    websocket_url: str
    expires_at: str
    again: str


async def look(request: web.Request) -> web.Response:
    """Whether a link is good, and what to show. Nothing is used up."""
    links = request.app[LINKS]
    link = await links.look(parse(LinkRequest, await request.read()).token)
    said = LinkResponse(
        name=link.display_name,
        expires_at=rfc3339(link.expires_at),
        basis=links.settings.basis,
        text=links.settings.text,
        text_version=text_version(links.settings),
    )
    return answer(said)


async def begin(request: web.Request) -> web.Response:
    """Use the link: a session of it begins."""
    wanted = parse(LinkSessionRequest, await request.read())
    opened = await request.app[LINKS].open(wanted.token, wanted.text_version)
    scheme = "wss" if request.secure else "ws"
    said = LinkSessionResponse(
        session_token=opened.row.token,
        websocket_url=f"{scheme}://{request.host}/ws/auth/process-image/{opened.row.token}/",
        expires_at=rfc3339(opened.row.expires_at),
        again=opened.again,
    )
    return answer(said, status=201)


async def frames(request: web.Request) -> web.Response:
    """Frames of a link's session, where the browser refuses the socket. The session token is the credential, as there."""
    services = request.app[SERVICES]
    frame = parse(FaceFrame, await request.read())
    row = await request.app[LINKS].session(frame.session_token)
    try:
        told = await judged(services, row, frame)
    except ApiError as error:
        error.beside = {"success": False, "session_status": SESSION_STATUS[(await services.sessions.row(row.token)).status]}
        raise
    return answer({**frame_answer(told), "instruction": told.instruction, "progress": told.progress})


class EnrollPage:
    """Serves the page and its requests; `mount` adds them to an application."""

    def __init__(self, links: EnrollLinks) -> None:
        self._links = links
        self._files = page_files("enroll")

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        app[LINKS] = self._links
        app.router.add_get("/enroll", self._to_page)
        app.router.add_get("/enroll/", self._file)
        app.router.add_get("/enroll/{name}", self._file)
        add(app, "POST", "/enroll/link/", look)
        add(app, "POST", "/enroll/session/", begin)
        add(app, "POST", "/enroll/process-frame/", frames)

    async def _to_page(self, _: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/enroll/", **HEADERS})

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "index.html")
        if name not in self._files:
            raise web.HTTPNotFound
        return file_answer(name, self._files[name], {"Permissions-Policy": "camera=(self)"})
