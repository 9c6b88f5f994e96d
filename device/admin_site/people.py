"""People on the admin screen: the list with quality and state, erasing, confirming, links as QR codes. Never a template."""

import io
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import segno
from aiohttp import web
from pydantic import Field

from api.http import answer, body
from api.records import LOCAL, DoorState, Enrollment, Person
from api.schema import Request, UserId, parse
from device.admin_site.guard import allowed
from device.admin_site.parts import PARTS, AdminParts
from device.command import OperationRefused
from device.enroll_commands import EnrollLinkMade, EnrollLinkMake
from device.factor_commands import UserCardAdd, UserCardAdded
from device.operators.records import May
from device.operators.sessions import SignedIn
from device.person_commands import UserErase
from device.views import enrollment_view, opens, person_view

MOST_LINKS = 100
LOOK = ("enrollment_id", "origin", "door", "samples", "quality_score", "liveness_verified", "created_at", "duplicate", "label")
"""What is shown of an enrolment."""


class PersonRequest(Request):
    """About one person."""

    user_id: UserId


class CardRequest(PersonRequest):
    """About one person's card."""

    text: Annotated[str, Field(min_length=1, max_length=256)]
    """What a reader reads of it."""


class PeopleRequest(Request):
    """About several people."""

    user_ids: Annotated[list[UserId], Field(min_length=1, max_length=MOST_LINKS)]


@allowed(May.SEE, looks_on=True)
async def people(request: web.Request, session: SignedIn) -> web.Response:
    """Everybody, by id, with the enrolments and where enrolling stands."""
    parts = request.app[PARTS]
    owned: dict[str, list[Enrollment]] = {}
    for enrollment in await parts.store.enrollments(LOCAL):
        owned.setdefault(enrollment.user_id, []).append(enrollment)
    found = [_view(parts, person, owned.get(person.user_id, [])) for person in await parts.store.people(LOCAL)]
    return answer({"people": found})


def _view(parts: AdminParts, person: Person, enrollments: Sequence[Enrollment]) -> dict[str, Any]:
    compared = parts.operations.recognition.compared
    seen = person_view(person, enrollments, compared)
    looks = [{key: getattr(view, key) for key in LOOK} for view in map(enrollment_view, enrollments)]
    reason = parts.queue.failures.get(person.user_id, "")
    return {
        "user_id": seen.user_id,
        "display_name": seen.display_name,
        "groups": seen.groups,
        "language": person.language,
        "status": seen.status,
        "valid_from": seen.valid_from,
        "valid_until": seen.valid_until,
        "basis": None if person.basis is None else asdict(person.basis) | {"recorded_at": None, "operator": ""},
        "state": _state(enrollments, compared, reason),
        "reason": reason,
        "enroll_again": seen.enroll_again,
        "needs_look": needs_look(enrollments, compared),
        "enrollments": looks,
    }


def needs_look(enrollments: Sequence[Enrollment], compared: Sequence[str]) -> bool:
    """Whether one more enrolment has to say what for: the door knows the ordinary look, by the model in use."""
    return any(opens(each, compared[:1]) for each in enrollments)


def _state(enrollments: Sequence[Enrollment], compared: Sequence[str], reason: str) -> str:
    """`enrolled`, `to_confirm`, `failed` or `pending`."""
    if any(opens(each, compared) for each in enrollments):
        return "enrolled"
    if any(each.door is DoorState.PENDING and each.status == "active" for each in enrollments):
        return "to_confirm"
    return "failed" if reason else "pending"


@allowed(May.CHANGE)
async def erase(request: web.Request, session: SignedIn) -> web.Response:
    """Forget a person, at once. That it was done is written down first, without a name: the name is what is forgotten."""
    parts, wanted = request.app[PARTS], parse(PersonRequest, await body(request))
    await known(parts, wanted.user_id)
    await parts.operators.rows.write(parts.operators.act("person_erased", session.name))
    await parts.ask(UserErase(user_id=wanted.user_id))
    parts.queue.failures.pop(wanted.user_id, None)
    return answer({})


@allowed(May.CHANGE)
async def confirm(request: web.Request, session: SignedIn) -> web.Response:
    """Let the door know a person's pending enrolments."""
    parts, wanted = request.app[PARTS], parse(PersonRequest, await body(request))
    act = parts.operators.act("enrollment_confirmed", session.name, wanted.user_id, {"means": "operator"})
    confirmed = await parts.operators.rows.confirm(act)
    if not confirmed:
        raise OperationRefused("nothing_pending", "this person has no pending enrolment")
    return answer({"enrollments": confirmed})


@allowed(May.CHANGE)
async def card(request: web.Request, session: SignedIn) -> web.Response:
    """Bind a card, read by a reader at the operator's computer, to a person."""
    parts, wanted = request.app[PARTS], parse(CardRequest, await body(request))
    await known(parts, wanted.user_id)
    desk = parts.operations.factors.by(session.name)
    bound = await desk.carry_out(UserCardAdd(user_id=wanted.user_id, text=wanted.text))
    return answer({"card": bound.card if isinstance(bound, UserCardAdded) else ""})


@allowed(May.CHANGE)
async def links(request: web.Request, session: SignedIn) -> web.Response:
    """One-time links for enrolling from a phone, each with its QR code as SVG. They are shown this once."""
    parts, wanted = request.app[PARTS], parse(PeopleRequest, await body(request))
    made = []
    for user_id in dict.fromkeys(wanted.user_ids):
        person = await known(parts, user_id)
        await parts.operators.rows.write(parts.operators.act("link_made", session.name, user_id))
        link = await parts.ask(EnrollLinkMake(user_id=user_id, display_name=person.display_name))
        if isinstance(link, EnrollLinkMade):
            said = {"user_id": user_id, "display_name": person.display_name, "url": link.url, "expires_at": link.expires_at}
            made.append(said | {"svg": _code(link.url)})
    return answer({"links": made})


def _code(url: str) -> str:
    out = io.BytesIO()
    segno.make_qr(url, error="m").save(out, kind="svg", border=2, dark="#000", light="#fff", omitsize=True, xmldecl=False)
    return out.getvalue().decode()


async def known(parts: AdminParts, user_id: str) -> Person:
    """The person of the device's own realm. `OperationRefused`: nobody of that id."""
    person = await parts.store.person(LOCAL, user_id)
    if person is None:
        raise OperationRefused("user_not_found", "there is nobody of this id")
    return person
