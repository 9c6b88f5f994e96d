"""Importing a roster on the admin screen: a preview with an error per row, then the import of what was looked at."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from api.errors import ApiError
from api.http import answer, body
from api.records import LOCAL
from api.schema import Request, parse
from device.admin_site.guard import allowed
from device.admin_site.parts import PARTS, AdminParts
from device.operators.records import May
from device.operators.sessions import SignedIn
from device.roster import MOST_BYTES, Planned, RosterRefused, digest, plan, read


class RosterRequest(Request):
    """A roster: a CSV file's text."""

    csv: Annotated[str, Field(max_length=MOST_BYTES)]


class ImportRequest(RosterRequest):
    """The roster that was looked at."""

    digest: Annotated[str, Field(max_length=64)]


@allowed(May.CHANGE)
async def preview(request: web.Request, session: SignedIn) -> web.Response:
    """What an import would make of each row; nothing is changed."""
    wanted = parse(RosterRequest, await body(request))
    planned = await _planned(request.app[PARTS], wanted.csv)
    said = {"digest": digest(wanted.csv.encode()), "rows": [_row(each) for each in planned], "counts": _counts(planned)}
    return answer(said | {"zone": datetime.now().astimezone().tzname()})


@allowed(May.CHANGE)
async def take(request: web.Request, session: SignedIn) -> web.Response:
    """Import the rows without errors, all in one transaction."""
    parts, wanted = request.app[PARTS], parse(ImportRequest, await body(request))
    if wanted.digest != digest(wanted.csv.encode()):
        raise ApiError("roster_changed", "this is not the file that was looked at", status=409)
    planned = await _planned(parts, wanted.csv)
    now = parts.operators.clock.dated()
    people = (each.row.person for each in planned if each.outcome in ("new", "changed"))
    changed = [replace(person, created_at=person.created_at or now) for person in people]
    counts = _counts(planned)
    await parts.operators.rows.put_people(changed, parts.operators.act("roster_imported", session.name, detail=counts))
    return answer({"counts": counts})


async def _planned(parts: AdminParts, text: str) -> list[Planned]:
    known = {person.user_id: person for person in await parts.store.people(LOCAL)}
    try:
        return plan(read(text.encode(), midnight), known)
    except RosterRefused as error:
        details = {"column": error.detail} if error.detail else None
        raise ApiError(f"roster_{error.code}", "the file cannot be read as a roster", status=422, details=details) from error


def midnight(day: date) -> float:
    """When a day begins where the device is, POSIX seconds: the machine's time zone, as for everything that asks for an hour."""
    return datetime.combine(day, time()).astimezone().timestamp()


def _local(posix: float | None) -> str | None:
    return None if posix is None else datetime.fromtimestamp(posix).astimezone().isoformat(" ", "minutes")


def _row(planned: Planned) -> dict[str, Any]:
    row = planned.row
    return {
        "line": row.line,
        "user_id": row.person.user_id,
        "name": row.person.display_name,
        "groups": row.person.groups,
        "valid_from": _local(row.person.valid_from),
        "valid_until": _local(row.person.valid_until),
        "outcome": planned.outcome,
        "error": row.error,
        "column": row.column,
    }


def _counts(planned: list[Planned]) -> dict[str, int]:
    return {name: sum(each.outcome == name for each in planned) for name in ("new", "changed", "same", "error")}
