"""Who may ask what of the admin screen: the session cookie, the role, and that no other site is asking. No work is done here.

The cookie is `Secure`, `HttpOnly` and `SameSite=Strict`, so that pages of other sites never send it; what changes something
has to carry the session's own token in a header besides, which they cannot read.
"""

import hmac
from collections.abc import Awaitable, Callable
from functools import wraps

from aiohttp import hdrs, web

from api.errors import ApiError
from api.http import same_origin
from device.admin_site.parts import PARTS
from device.command import OperationRefused
from device.enroll_queue import QueueBusy
from device.operators.records import May
from device.operators.sessions import SignedIn

COOKIE = "__Host-facekiosk-operator"
"""The prefix binds it to this host and to TLS."""
CSRF = "X-CSRF-Token"
_STATUS = {
    "user_not_found": 404,
    "card_taken": 409,
    "nothing_pending": 409,
    "camera_reserved": 409,
    "vision_unavailable": 503,
    "lan_off": 409,
}
_LONGEST_TOKEN = 100

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Guarded = Callable[[web.Request, SignedIn], Awaitable[web.StreamResponse]]


def allowed(may: May, *, looks_on: bool = False) -> Callable[[Guarded], Handler]:
    """Only for operators whose role allows this. `looks_on`: the page asks by itself, which keeps nobody signed in."""

    def guard(handler: Guarded) -> Handler:
        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            session = signed_in(request, used=not looks_on)
            if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
                check_own_page(request, session)
            if not session.may(may):
                raise ApiError("forbidden", "your role does not allow this")
            return await _translated(handler, request, session)

        return guarded

    return guard


async def _translated(handler: Guarded, request: web.Request, session: SignedIn) -> web.StreamResponse:
    try:
        return await handler(request, session)
    except OperationRefused as error:
        raise ApiError(error.code, str(error), status=_STATUS.get(error.code, 400)) from error
    except QueueBusy as error:
        raise ApiError("queue_busy", "somebody is being enrolled; wait, or stop it", status=409) from error


def signed_in(request: web.Request, *, used: bool = True) -> SignedIn:
    """Who asks. `ApiError` `not_signed_in`: nobody, or no longer."""
    token = request.cookies.get(COOKIE, "")
    found = request.app[PARTS].signed_in.of(token, used=used) if 0 < len(token) <= _LONGEST_TOKEN else None
    if found is None:
        raise ApiError("not_signed_in", "sign in first", status=401)
    return found


def check_own_page(request: web.Request, session: SignedIn | None) -> None:
    """Refuse what another site's page sends. `ApiError` `forbidden`."""
    same_origin(request)
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise ApiError("forbidden", "requests of other sites are not taken")
    if request.content_type != "application/json":
        raise ApiError("invalid_request", "the request is no JSON object")
    if session is not None and not hmac.compare_digest(request.headers.get(CSRF, "").encode(), session.csrf.encode()):
        raise ApiError("forbidden", f"the header {CSRF} is missing or wrong")
