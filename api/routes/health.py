"""`/healthz` (the process answers) and `/readyz` (it can do its work)."""

from aiohttp import web

from api.http import add, answer
from api.operation import Operation, operation
from api.schema import HealthResponse, ReadinessResponse
from api.services import SERVICES


@operation(Operation(answers={200: HealthResponse}, credential=False))
async def healthz(request: web.Request) -> web.Response:
    """Alive."""
    return answer(HealthResponse())


@operation(Operation(answers={200: ReadinessResponse, 503: ReadinessResponse}, credential=False))
async def readyz(request: web.Request) -> web.Response:
    """200 when every component is ready, else 503; either way what each has to say."""
    checks = dict(await request.app[SERVICES].readiness())
    ready = not any(checks.values())
    told = {name: said or "ok" for name, said in checks.items()}
    return answer(ReadinessResponse(status="ready" if ready else "not_ready", checks=told), status=200 if ready else 503)


def mount(app: web.Application) -> None:
    """Add the routes."""
    add(app, "GET", "/healthz/", healthz)
    add(app, "GET", "/readyz/", readyz)
