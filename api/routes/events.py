"""`/api/events/` and `/api/auth/attempts/`: the log by cursor, as far as the client's realm may see it."""

from typing import Any, TypeVar

from aiohttp import web
from pydantic import ValidationError

from api.errors import ApiError
from api.events import AttemptsQuery, AttemptsResponse, EventsQuery, EventsResponse, events_of, next_cursor, plain
from api.http import add, answer, caller
from api.operation import Operation, operation
from api.schema import Request
from api.services import SERVICES

GRANT = "read_events"
Q = TypeVar("Q", bound=Request)


def parse_query(model: type[Q], request: web.Request) -> Q:
    """The query's parameters.

    Raises:
        ApiError: `invalid_request` (422): one is unknown, wrong, or there twice; no value is repeated.
    """
    given: dict[str, Any] = dict(request.query)
    problems = [] if len(given) == len(request.query) else [{"field": "", "message": "a parameter is there twice"}]
    try:
        wanted = model.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        problems += [{"field": str(each["loc"][0]) if each["loc"] else "", "message": each["msg"]} for each in found[:10]]
    if problems:
        message = "some parameters are not as they must be"
        raise ApiError("invalid_request", message, status=422, details={"fields": problems})
    return wanted


@operation(Operation(query=EventsQuery, answers={200: EventsResponse}, errors=("invalid_request",), grant=GRANT))
async def events(request: web.Request) -> web.Response:
    """Events numbered above `after`: attempts of the realm; of the device's own realm visits, door and health too."""
    client = await caller(request, GRANT)
    wanted = parse_query(EventsQuery, request)
    page = await request.app[SERVICES].store.log_page(client.realm, wanted.after, wanted.limit)
    found = events_of(page, client.realm, wanted.after)
    return answer({"events": plain(found), "next": next_cursor(page, wanted.limit, wanted.after), "newest": page.newest})


@operation(Operation(query=AttemptsQuery, answers={200: AttemptsResponse}, errors=("invalid_request",), grant=GRANT))
async def attempts(request: web.Request) -> web.Response:
    """Attempts of the realm numbered above `after`, of all or of one user."""
    client = await caller(request, GRANT)
    wanted = parse_query(AttemptsQuery, request)
    store = request.app[SERVICES].store
    page = await store.log_page(client.realm, wanted.after, wanted.limit, attempts_only=True, user_id=wanted.user_id)
    found = events_of(page, client.realm, wanted.after)
    return answer({"attempts": plain(found), "next": next_cursor(page, wanted.limit, wanted.after), "newest": page.newest})


def mount(app: web.Application) -> None:
    """Add the routes."""
    add(app, "GET", "/api/events/", events)
    add(app, "GET", "/api/auth/attempts/", attempts)
