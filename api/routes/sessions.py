"""`/api/auth/enrollment/`, `/api/auth/authentication/`, their `process-frame/`, and `/api/auth/session/{token}/`."""

from aiohttp import web
from pydantic import BaseModel

from api.clock import rfc3339
from api.errors import ApiError
from api.feedback import Feedback
from api.frames import TimedImage
from api.http import add, answer, body, caller
from api.images import decode_frame
from api.operation import Operation, operation
from api.records import Client, SessionKind, SessionRow
from api.schema import (
    PROTOCOL,
    AuthenticationRequest,
    AuthenticationResponse,
    EnrollmentRequest,
    EnrollmentResponse,
    FaceFrame,
    SessionCreatedResponse,
    SessionStatusResponse,
    parse,
)
from api.services import SERVICES, Services
from api.terms import NewSession
from api.wire import SESSION_STATUS, frame_answer, session_view
from inference.liveness.policy import Level

_GRANT = {SessionKind.ENROLLMENT: "enroll", SessionKind.AUTHENTICATION: "authenticate"}
_CREATE_ERRORS = ("stronger_liveness_required",)
FRAME_ERRORS = (
    "session_not_found",
    "session_completed",
    "too_many_attempts",
    "session_expired",
    "superseded",
    "invalid_frame",
    "unsupported_image",
    "vision_unavailable",
)


def _frames(grant: str, told: type[BaseModel]) -> Operation:
    return Operation(asks=FaceFrame, answers={200: told}, grant=grant, errors=FRAME_ERRORS, about_frames=True)


@operation(Operation(asks=EnrollmentRequest, answers={201: SessionCreatedResponse}, grant="enroll", errors=_CREATE_ERRORS))
async def create_enrollment(request: web.Request) -> web.Response:
    """Begin an enrolment. Liveness is waived only for a client with the grant, and where the device allows it."""
    client = await caller(request, "enroll")
    wanted = parse(EnrollmentRequest, await body(request))
    required = _liveness(request, client, wanted, wanted.require_liveness is True)
    session = NewSession(
        kind=SessionKind.ENROLLMENT,
        realm=client.realm,
        client_id=client.client_id,
        user_id=wanted.user_id,
        require_liveness=required,
        level=Level(request.app[SERVICES].sessions.liveness.remote),
        target_samples=wanted.metadata.target_samples,
        check_quality=wanted.metadata.enable_quality_check,
        metadata=wanted.metadata.own(),
    )
    return answer(created(request, await request.app[SERVICES].sessions.create(session)), status=201)


@operation(
    Operation(
        asks=AuthenticationRequest,
        answers={201: SessionCreatedResponse},
        grant="authenticate",
        errors=(*_CREATE_ERRORS, "locked_out"),
    )
)
async def create_authentication(request: web.Request) -> web.Response:
    """Begin an authentication: 1:1 with a user id, 1:N without."""
    client = await caller(request, "authenticate")
    wanted = parse(AuthenticationRequest, await body(request))
    session = NewSession(
        kind=SessionKind.AUTHENTICATION,
        realm=client.realm,
        client_id=client.client_id,
        user_id=wanted.user_id,
        require_liveness=_liveness(request, client, wanted, wanted.require_liveness),
        level=Level(request.app[SERVICES].sessions.liveness.remote),
        min_confidence=wanted.metadata.min_confidence or 0.0,
        metadata=wanted.metadata.own(),
    )
    return answer(created(request, await request.app[SERVICES].sessions.create(session)), status=201)


def _liveness(request: web.Request, client: Client, wanted: EnrollmentRequest | AuthenticationRequest, asked: bool) -> bool:
    """Whether the session needs liveness: where it is asked for, and wherever it may not be waived.

    Raises:
        ApiError: `stronger_liveness_required`: the device demands more of it than this client offers.
    """
    sessions = request.app[SERVICES].sessions
    settings, shown = sessions.settings, sessions.instructed
    needed = asked or "waive_liveness" not in client.grants or not settings.allow_waived_liveness
    if needed and shown and wanted.protocol != PROTOCOL:
        details = {"protocol": PROTOCOL}
        raise ApiError("stronger_liveness_required", "people must be shown the device's instructions", details=details)
    return needed


def created(request: web.Request, row: SessionRow) -> SessionCreatedResponse:
    """A new session, its socket by the address that the client used."""
    scheme = "wss" if request.secure else "ws"
    return SessionCreatedResponse(
        session_token=row.token,
        websocket_url=f"{scheme}://{request.host}/ws/auth/process-image/{row.token}/",
        expires_at=rfc3339(row.expires_at),
    )


async def _own(request: web.Request, client: Client, token: str) -> SessionRow:
    """The client's own session; another's is not found."""
    row = await request.app[SERVICES].sessions.row(token)
    if row.client_id != client.client_id:
        raise ApiError("session_not_found")
    return row


@operation(_frames("enroll", EnrollmentResponse))
async def process_enrollment_frame(request: web.Request) -> web.Response:
    """A frame, or a batch, for an enrolment."""
    return await _process_frame(request, SessionKind.ENROLLMENT)


@operation(_frames("authenticate", AuthenticationResponse))
async def process_authentication_frame(request: web.Request) -> web.Response:
    """A frame, or a batch, for an authentication."""
    return await _process_frame(request, SessionKind.AUTHENTICATION)


async def _process_frame(request: web.Request, kind: SessionKind) -> web.Response:
    client = await caller(request, _GRANT[kind])
    services = request.app[SERVICES]
    frame = parse(FaceFrame, await body(request))
    row = await _own(request, client, frame.session_token)
    if row.kind is not kind:
        raise ApiError("session_not_found", f"this is no {kind} session")
    return answer(frame_answer(await judged(services, row, frame)))


async def judged(services: Services, row: SessionRow, frame: FaceFrame) -> Feedback:
    """What the call's frames came to. `ApiError`, which says how the session stands, where they came to nothing."""
    try:
        return await _judged(services, row, frame)
    except ApiError as error:
        status = (await services.sessions.row(row.token)).status
        error.beside = {"success": False, "session_status": SESSION_STATUS[status]}
        raise


async def _judged(services: Services, row: SessionRow, frame: FaceFrame) -> Feedback:
    """A session that is over says so whatever the frames are."""
    ended = await services.sessions.ended(row.token)
    if ended is not None:
        return ended
    stamp = None if frame.timestamp is None else frame.timestamp.timestamp()
    images = [
        TimedImage(
            decode_frame(each.frame_data, services.settings.max_frame_bytes),
            None if each.t_ms is None else each.t_ms / 1000,
            stamp,
        )
        for each in frame.batch()
    ]
    return await services.desk.judge(row.token, images)


@operation(Operation(answers={200: SessionStatusResponse}, errors=("session_not_found",)))
async def session_status(request: web.Request) -> web.Response:
    """Where a session stands."""
    client = await caller(request)
    token = request.match_info["token"]
    await _own(request, client, token)
    sessions = request.app[SERVICES].sessions
    told = await sessions.status(token)
    return answer(session_view(await sessions.row(token), told))


@operation(Operation(answers={200: SessionStatusResponse}, errors=("session_not_found",)))
async def cancel_session(request: web.Request) -> web.Response:
    """End a session; one that is over stays as it is."""
    client = await caller(request)
    token = request.match_info["token"]
    await _own(request, client, token)
    services = request.app[SERVICES]
    told = await services.sessions.cancel(token)
    await services.desk.forget(token)
    return answer(session_view(await services.sessions.row(token), told))


def mount(app: web.Application) -> None:
    """Add the routes."""
    add(app, "POST", "/api/auth/enrollment/", create_enrollment)
    add(app, "POST", "/api/auth/authentication/", create_authentication)
    add(app, "POST", "/api/auth/enrollment/process-frame/", process_enrollment_frame)
    add(app, "POST", "/api/auth/authentication/process-frame/", process_authentication_frame)
    add(app, "GET", "/api/auth/session/{token}/", session_status)
    add(app, "DELETE", "/api/auth/session/{token}/", cancel_session)
