"""`/enroll/`: the page by which somebody enrols from a phone or laptop, and what it asks of the device."""

from typing import Annotated

from aiohttp import web
from pydantic import Field

from api.clock import rfc3339
from api.http import add, answer, body
from api.links import EnrollLinks, text_version
from api.operation import Operation, operation
from api.pages import HEADERS, file_answer, page_files
from api.routes.sessions import FRAME_ERRORS, created, judged
from api.schema import Answer, EnrollmentResponse, FaceFrame, Request, SessionCreatedResponse, parse
from api.services import SERVICES
from api.wire import frame_answer

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
    text_de: str
    """The same in German; empty: there is none."""
    text_version: str


class LinkSessionRequest(Request):
    """`POST /enroll/session/`: the person has read the text of this version, and goes on."""

    token: Token
    text_version: Annotated[str, Field(max_length=200)]


class LinkSessionResponse(SessionCreatedResponse):
    """A new session, and what opens the link if this session comes to nothing."""

    again: str


class LinkFrameResponse(EnrollmentResponse):
    """The answer to frames of a link's session, with what the page tells the person."""

    instruction: str
    progress: float


@operation(Operation(asks=LinkRequest, answers={200: LinkResponse}, errors=("link_not_valid",), credential=False))
async def look_at_link(request: web.Request) -> web.Response:
    """Whether a link is good, and what to show. Nothing is used up."""
    links = request.app[LINKS]
    link = await links.look(parse(LinkRequest, await body(request)).token)
    said = LinkResponse(
        name=link.display_name,
        expires_at=rfc3339(link.expires_at),
        basis=links.settings.basis,
        text=links.settings.text,
        text_de=links.settings.german(),
        text_version=text_version(links.settings),
    )
    return answer(said)


@operation(
    Operation(
        asks=LinkSessionRequest,
        answers={201: LinkSessionResponse},
        errors=("link_not_valid", "text_changed"),
        credential=False,
    )
)
async def open_link(request: web.Request) -> web.Response:
    """Use the link: a session of it begins."""
    wanted = parse(LinkSessionRequest, await body(request))
    opened = await request.app[LINKS].open(wanted.token, wanted.text_version)
    return answer(LinkSessionResponse(**created(request, opened.row).model_dump(), again=opened.again), status=201)


@operation(Operation(asks=FaceFrame, answers={200: LinkFrameResponse}, errors=FRAME_ERRORS, credential=False, about_frames=True))
async def process_link_frame(request: web.Request) -> web.Response:
    """Frames of a link's session, where the browser refuses the socket. The session token is the credential, as there."""
    services = request.app[SERVICES]
    frame = parse(FaceFrame, await body(request))
    row = await request.app[LINKS].session(frame.session_token)
    told = await judged(services, row, frame)
    return answer({**frame_answer(told), "instruction": told.instruction, "progress": told.progress})


def mount_operations(app: web.Application) -> None:
    """Add what the page asks of the device."""
    add(app, "POST", "/enroll/link/", look_at_link)
    add(app, "POST", "/enroll/session/", open_link)
    add(app, "POST", "/enroll/process-frame/", process_link_frame)


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
        mount_operations(app)

    async def _to_page(self, _: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/enroll/", **HEADERS})

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "index.html")
        if name not in self._files:
            raise web.HTTPNotFound
        return file_answer(name, self._files[name], {"Permissions-Policy": "camera=(self)"})
