"""How the device is, on the admin screen: its parts, the door, and the last hour in numbers."""

from aiohttp import web

from api.http import answer
from api.records import LOCAL
from api.services import severity
from device.admin_site.guard import allowed
from device.admin_site.parts import PARTS
from device.operators.records import May
from device.operators.sessions import SignedIn
from device.views import at
from device.visit_query import VisitQuery

DECISIONS = 120
"""Visits whose duration is plotted."""


@allowed(May.SEE, looks_on=True)
async def health(request: web.Request, session: SignedIn) -> web.Response:
    """Parts, door, numbers."""
    parts = request.app[PARTS]
    report, now = await parts.health.report(), parts.operations.health()
    decided = [
        visit for _, visit in await parts.store.find_visits(VisitQuery(), DECISIONS) if visit.outcome in ("granted", "refused")
    ]
    return answer(
        {
            "checks": {name: {"status": severity(name, said), "message": said} for name, said in report.checks.items()},
            "status": report.status,
            "disk_free_mb": report.disk_free_mb,
            "temperature_c": report.temperature_c,
            "uptime_s": round(now.uptime_s),
            "source": now.camera.source,
            "live": now.camera.live,
            "door": {"driver": parts.door.driver, "real": parts.door.real, "state": parts.door.state.value},
            "grants": parts.config.door.grants,
            "people": len(await parts.store.people(LOCAL)),
            "series": parts.history.series(),
            "decisions": [
                {"at": at(visit.created_at), "ms": visit.duration_ms, "outcome": visit.outcome} for visit in reversed(decided)
            ],
        }
    )
