"""Visits and the audit log on the admin screen. Opening one person's log asks for a purpose, which is written down first."""

from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import AwareDatetime, Field

from api.http import answer, body
from api.records import LOCAL, Attempt
from api.schema import Request, UserId, parse
from device.admin_site.guard import allowed
from device.admin_site.parts import PARTS
from device.admin_site.people import known
from device.factor_records import OperatorAct
from device.operators.records import May
from device.operators.sessions import SignedIn
from device.status_commands import VisitView
from device.views import at, visit_view
from device.visit_query import VisitQuery

PAGE = 50
_ATTEMPTS = 500
"""Attempts that are read of one person, the newest of which are shown."""


class VisitsRequest(Request):
    """Which visits."""

    outcome: Literal["", "granted", "refused", "abandoned"] = ""
    reason: Annotated[str, Field(max_length=40)] = ""
    begin: AwareDatetime | None = None
    end: AwareDatetime | None = None
    before: Annotated[int, Field(ge=0, lt=2**62)] = 0


class LogRequest(Request):
    """One person's log, and what for."""

    user_id: UserId
    purpose: Annotated[str, Field(min_length=5, max_length=300)]
    before: Annotated[int, Field(ge=0, lt=2**62)] = 0


class ActsRequest(Request):
    """What operators did."""

    before: Annotated[int, Field(ge=0, lt=2**62)] = 0


@allowed(May.SEE)
async def visits(request: web.Request, session: SignedIn) -> web.Response:
    """Visits, the newest first. Who came is for roles that may see it."""
    wanted = parse(VisitsRequest, await body(request))
    query = VisitQuery(wanted.outcome, wanted.reason, None, _posix(wanted.begin), _posix(wanted.end), wanted.before)
    found = [visit_view(*each) for each in await request.app[PARTS].store.find_visits(query, PAGE)]
    return answer({"visits": [_visit(view, named=session.may(May.VISITS)) for view in found], "more": len(found) == PAGE})


def _posix(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()


def _visit(view: VisitView, *, named: bool) -> dict[str, Any]:
    said = {key: getattr(view, key) for key in ("number", "at", "outcome", "reason", "duration_ms", "attempts")}
    return said | ({"user_id": view.user_id, "confidence": view.confidence} if named else {})


@allowed(May.VISITS)
async def person_log(request: web.Request, session: SignedIn) -> web.Response:
    """One person's visits and recognition decisions."""
    parts, wanted = request.app[PARTS], parse(LogRequest, await body(request))
    await known(parts, wanted.user_id)
    act = parts.operators.act("log_opened", session.name, wanted.user_id, {"purpose": wanted.purpose.strip()})
    await parts.operators.rows.write(act)
    found = await parts.store.find_visits(VisitQuery(user_id=wanted.user_id, before=wanted.before), PAGE)
    attempts = await parts.store.attempts(LOCAL, limit=_ATTEMPTS, user_id=wanted.user_id)
    shown = [_attempt(number, each) for number, each in reversed(attempts[-PAGE:])]
    return answer({"visits": [_visit(visit_view(*each), named=True) for each in found], "attempts": shown})


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
    rows = request.app[PARTS].operators.rows
    found = await (rows.acts(wanted.before, PAGE) if wanted.before else rows.acts(limit=PAGE))
    said = [_act(number, act) for number, act in found]
    return answer({"acts": said, "more": len(found) == PAGE})


def _act(number: int, act: OperatorAct) -> dict[str, Any]:
    said = {"operator": act.operator, "about": act.user_id, "detail": act.detail}
    return {"number": number, "at": at(act.created_at), "act": act.act} | said
