"""Signing in to the admin screen and out of it."""

from typing import Annotated

from aiohttp import web
from pydantic import Field

from api.errors import ApiError
from api.http import answer, body
from api.links import text_version
from api.schema import Request, parse
from api.services import SERVICES
from device.admin_site.guard import COOKIE, check_own_page, signed_in
from device.admin_site.parts import PARTS
from device.operator_commands import LONGEST_PASSWORD
from device.operators.records import MAY
from device.operators.sessions import SignedIn
from device.operators.sign_in import SignInRefused, whole_seconds

_MESSAGE = {
    "sign_in_failed": "name, password or code is wrong",
    "locked_out": "too many failures; try again later",
    "clock_not_trusted": "the device does not know the time, so it takes recovery codes only",
}


class SignInRequest(Request):
    """`POST /admin/api/session/`."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=LONGEST_PASSWORD)]
    code: Annotated[str, Field(min_length=1, max_length=64)]


async def begin(request: web.Request) -> web.Response:
    """Sign in."""
    check_own_page(request, None)
    services, parts = request.app[SERVICES], request.app[PARTS]
    wanted = parse(SignInRequest, await body(request))
    services.limits.may_try_key(request.remote)
    try:
        operator = await parts.sign_in.sign_in(wanted.name.strip().lower(), wanted.password, wanted.code.strip())
    except SignInRefused as error:
        services.limits.wrong_key(request.remote)
        status, wait = (429, whole_seconds(error.wait_s)) if error.code == "locked_out" else (401, None)
        raise ApiError(error.code, _MESSAGE[error.code], status=status, retry_after_s=wait) from error
    token, session = parts.signed_in.begin(operator)
    told = _told(request, session)
    told.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="Strict")
    return told


async def look(request: web.Request) -> web.Response:
    """Who is signed in, and what the page needs to know."""
    return _told(request, signed_in(request))


async def finish(request: web.Request) -> web.Response:
    """Sign out."""
    session, parts = signed_in(request), request.app[PARTS]
    check_own_page(request, session)
    await parts.operators.rows.write(parts.operators.act("signed_out", session.name))
    parts.signed_in.end(request.cookies[COOKIE])
    told = answer({})
    told.del_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Strict")
    return told


def _told(request: web.Request, session: SignedIn) -> web.Response:
    settings = request.app[PARTS].config.enroll
    return answer(
        {
            "name": session.name,
            "role": session.role.value,
            "may": sorted(MAY[session.role]),
            "csrf": session.csrf,
            "basis": settings.basis,
            "text": settings.text,
            "text_de": settings.german(),
            "text_version": text_version(settings),
        }
    )
