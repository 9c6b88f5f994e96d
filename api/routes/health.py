"""`/healthz` (the process answers) and `/readyz` (it can do its work)."""

from aiohttp import web

from api.http import add, answer
from api.operation import Operation, operation
from api.schema import HealthResponse, ReadinessResponse
from api.services import SERVICES, severity


@operation(Operation(answers={200: HealthResponse}, credential=False))
async def healthz(request: web.Request) -> web.Response:
    """Alive."""
    return answer(HealthResponse())


@operation(Operation(answers={200: ReadinessResponse, 503: ReadinessResponse}, credential=False))
async def readyz(request: web.Request) -> web.Response:
    """200 when every component is ready, or only degraded, else 503; either way what each has to say."""
    checks = await request.app[SERVICES].readiness()
    found = {severity(name, said) for name, said in checks.items()}
    told = {name: said or "ok" for name, said in checks.items()}
    if "failed" in found:
        return answer(ReadinessResponse(status="not_ready", checks=told), status=503)
    return answer(ReadinessResponse(status="degraded" if "degraded" in found else "ready", checks=told))


def mount(app: web.Application) -> None:
    """Add the routes."""
    add(app, "GET", "/healthz/", healthz)
    add(app, "GET", "/readyz/", readyz)
