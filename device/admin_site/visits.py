"""Visits and the audit log on the admin screen. Who came, and one person's log, is told for a purpose, which is written down."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import AwareDatetime, Field, StringConstraints

from api.http import answer, body
from api.records import LOCAL, Attempt
from api.schema import Request, UserId, parse
from device.admin_site.guard import allowed
from device.admin_site.parts import PARTS, AdminParts
from device.admin_site.people import known
from device.factor_records import OperatorAct
from device.operators.records import May
from device.operators.sessions import SignedIn
from device.status_commands import VisitView
from device.views import at, visit_view
from device.visit_query import VisitQuery

PAGE = 50
_LAST = 2**62
Purpose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=300)]
"""What somebody looks at other people's visits for; spaces around it do not count."""
Before = Annotated[int, Field(ge=1, le=_LAST)]
"""Only rows with a smaller number in the log."""


class VisitsRequest(Request):
    """Which visits."""

    outcome: Literal["", "granted", "refused", "abandoned"] = ""
    reason: Annotated[str, Field(max_length=40)] = ""
    begin: AwareDatetime | None = None
    end: AwareDatetime | None = None
    before: Before = _LAST


class NamesRequest(VisitsRequest):
    """Which visits, with who came, and what for."""

    purpose: Purpose


class LogRequest(Request):
    """One person's log, and what for."""

    user_id: UserId
    purpose: Purpose
    before: Before = _LAST


class ActsRequest(Request):
    """What operators did."""

    before: Before = _LAST


@allowed(May.SEE)
async def visits(request: web.Request, session: SignedIn) -> web.Response:
    """Visits without who came, the newest first."""
    found = await _found(request.app[PARTS], parse(VisitsRequest, await body(request)))
    return answer({"visits": [_visit(view) for view in found], "more": len(found) == PAGE})


@allowed(May.VISITS)
async def names(request: web.Request, session: SignedIn) -> web.Response:
    """The same with who came. Which visits were named is written down with the purpose, not whose: names belong to the visits."""
    parts, wanted = request.app[PARTS], parse(NamesRequest, await body(request))
    found = await _found(parts, wanted)
    numbers = {"newest": found[0].number, "oldest": found[-1].number} if found else {}
    detail = {"purpose": wanted.purpose, "visits": len(found), **numbers}
    await parts.operators.rows.write(parts.operators.act("names_opened", session.name, detail=detail))
    called = {user_id: await _called(parts, user_id) for user_id in {view.user_id for view in found}}
    said = [_visit(view) | _who(view) | {"display_name": called[view.user_id]} for view in found]
    return answer({"visits": said, "more": len(found) == PAGE})


async def _found(parts: AdminParts, wanted: VisitsRequest) -> Sequence[VisitView]:
    query = VisitQuery(wanted.outcome, wanted.reason, None, _posix(wanted.begin), _posix(wanted.end), wanted.before)
    return [visit_view(*each) for each in await parts.store.find_visits(query, PAGE)]


async def _called(parts: AdminParts, user_id: str | None) -> str:
    person = None if user_id is None else await parts.store.person(LOCAL, user_id)
    return "" if person is None else person.display_name


def _posix(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()


def _visit(view: VisitView) -> dict[str, Any]:
    return {key: getattr(view, key) for key in ("number", "at", "outcome", "reason", "duration_ms", "attempts")}


def _who(view: VisitView) -> dict[str, Any]:
    return {"user_id": view.user_id, "confidence": view.confidence}


@allowed(May.VISITS)
async def person_log(request: web.Request, session: SignedIn) -> web.Response:
    """One person's visits and recognition decisions, the newest first. A page ends where the list that is full ends."""
    parts, wanted = request.app[PARTS], parse(LogRequest, await body(request))
    person = await known(parts, wanted.user_id)
    act = parts.operators.act("log_opened", session.name, wanted.user_id, {"purpose": wanted.purpose})
    await parts.operators.rows.write(act)
    found = await parts.store.find_visits(VisitQuery(user_id=wanted.user_id, before=wanted.before), PAGE)
    attempts = await parts.store.attempts_of(LOCAL, wanted.user_id, wanted.before, PAGE)
    oldest = max((rows[-1][0] for rows in (found, attempts) if len(rows) == PAGE), default=0)
    views = [visit_view(number, each) for number, each in found if number >= oldest]
    return answer(
        {
            "display_name": person.display_name,
            "visits": [_visit(view) | _who(view) for view in views],
            "attempts": [_attempt(number, each) for number, each in attempts if number >= oldest],
            "before": oldest or None,
        }
    )


def _attempt(number: int, attempt: Attempt) -> dict[str, Any]:
    """A decision without its evidence: numbers of liveness would teach an attacker."""
    return {
        "number": number,
        "at": at(attempt.created_at),
        "kind": attempt.kind.value,
        "means": attempt.means,
        "success": attempt.success,
        "reason": attempt.failure_reason,
        "confidence": attempt.confidence,
    }


@allowed(May.AUDIT)
async def acts(request: web.Request, session: SignedIn) -> web.Response:
    """What operators did, the newest first."""
    wanted = parse(ActsRequest, await body(request))
    found = await request.app[PARTS].operators.rows.acts(wanted.before, PAGE)
    said = [_act(number, act) for number, act in found]
    return answer({"acts": said, "more": len(found) == PAGE})


def _act(number: int, act: OperatorAct) -> dict[str, Any]:
    said = {"operator": act.operator, "about": act.user_id, "detail": act.detail}
    return {"number": number, "at": at(act.created_at), "act": act.act} | said
