"""The queue at the kiosk on the admin screen: begin somebody's turn, watch it, stop it."""

from dataclasses import asdict
from typing import Annotated, Literal

from aiohttp import web
from pydantic import StringConstraints

from api.errors import ApiError
from api.http import answer, body
from api.links import text_version
from api.records import LOCAL
from api.schema import Request, UserId, parse
from device.admin_site.guard import allowed
from device.admin_site.parts import PARTS
from device.admin_site.people import known, needs_look
from device.enroll_commands import EnrollCamera
from device.enroll_queue import Turn
from device.operators.records import May
from device.operators.sessions import SignedIn


class TurnRequest(Request):
    """Somebody's turn."""

    user_id: UserId
    look: Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)] = ""
    """Needed where the door knows the person already."""
    basis: Literal["consent", "agreement", "law"]
    """On what ground the template is kept; the person was shown the text before."""


@allowed(May.SEE, looks_on=True)
async def look(request: web.Request, session: SignedIn) -> web.Response:
    """Whose turn it is, and how far."""
    return _told(request.app[PARTS].queue.turn)


@allowed(May.CHANGE)
async def begin(request: web.Request, session: SignedIn) -> web.Response:
    """Begin a turn."""
    parts, wanted = request.app[PARTS], parse(TurnRequest, await body(request))
    person = await known(parts, wanted.user_id)
    owned = await parts.store.enrollments(LOCAL, person.user_id)
    if not wanted.look and needs_look(owned, parts.operations.recognition.compared):
        raise ApiError("look_missing", "the person is enrolled already: say what this look is", status=422)
    command = EnrollCamera(
        user_id=person.user_id,
        basis=wanted.basis,
        basis_text=text_version(parts.config.enroll),
        look=wanted.look,
        test=True,
    )
    return _told(parts.queue.start(person, command, session.name))


@allowed(May.CHANGE)
async def stop(request: web.Request, session: SignedIn) -> web.Response:
    """End the turn that runs."""
    parts = request.app[PARTS]
    await parts.queue.stop()
    return _told(parts.queue.turn)


def _told(turn: Turn | None) -> web.Response:
    return answer({"turn": None if turn is None else asdict(turn) | {"over": turn.over}})
