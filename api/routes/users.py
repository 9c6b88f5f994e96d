"""`/api/auth/users/` and `/api/auth/enrollment/{enrollment_id}/`: see and erase the people of the client's realm."""

from aiohttp import web

from api.erasure import erase_enrollment as forget_enrollment
from api.erasure import erase_person
from api.errors import ApiError
from api.http import add, answer, caller
from api.operation import Operation, operation
from api.schema import ErasedResponse, UsersResponse, UserView
from api.services import SERVICES
from api.wire import user_view


@operation(Operation(answers={200: UsersResponse}, grant="enroll"))
async def users(request: web.Request) -> web.Response:
    """Ids of the realm's people."""
    client = await caller(request, "enroll")
    people = await request.app[SERVICES].store.people(client.realm)
    return answer(UsersResponse(users=[person.user_id for person in people]))


@operation(Operation(answers={200: UserView}, grant="enroll", errors=("user_not_enrolled",)))
async def user(request: web.Request) -> web.Response:
    """One person and the enrolments, without templates."""
    client = await caller(request, "enroll")
    store, user_id = request.app[SERVICES].store, request.match_info["user_id"]
    person = await store.person(client.realm, user_id)
    if person is None:
        raise ApiError("user_not_enrolled")
    return answer(user_view(person, list(await store.enrollments(client.realm, user_id))))


@operation(Operation(answers={200: ErasedResponse}, grant="erase", errors=("user_not_enrolled",)))
async def erase_user(request: web.Request) -> web.Response:
    """Forget a person at once: in the store, whose keys are destroyed, and in the index."""
    client = await caller(request, "erase")
    services, user_id = request.app[SERVICES], request.match_info["user_id"]
    if await erase_person(services.store, services.recognition, services.sessions, client.realm, user_id) is None:
        raise ApiError("user_not_enrolled")
    return answer(ErasedResponse(user_id=user_id))


@operation(Operation(answers={200: ErasedResponse}, grant="erase", errors=("enrollment_not_found",)))
async def erase_enrollment(request: web.Request) -> web.Response:
    """Remove one template, in store and index."""
    client = await caller(request, "erase")
    services, enrollment_id = request.app[SERVICES], request.match_info["enrollment_id"]
    if not await forget_enrollment(services.store, services.recognition, services.sessions, client.realm, enrollment_id):
        raise ApiError("enrollment_not_found")
    return answer(ErasedResponse(enrollment_id=enrollment_id))


def mount(app: web.Application) -> None:
    """Add the routes."""
    add(app, "GET", "/api/auth/users/", users)
    add(app, "GET", "/api/auth/users/{user_id}/", user)
    add(app, "DELETE", "/api/auth/users/{user_id}/", erase_user)
    add(app, "DELETE", "/api/auth/enrollment/{enrollment_id}/", erase_enrollment)
