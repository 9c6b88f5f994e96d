"""`/healthz` (the process answers) and `/readyz` (it can do its work)."""

from aiohttp import web

from api.http import add, answer
from api.operation import Operation, operation
from api.schema import HealthResponse, ReadinessResponse, ReadyName
from api.services import SERVICES, severity


@operation(Operation(answers={200: HealthResponse}, credential=False))
async def healthz(request: web.Request) -> web.Response:
    """Alive."""
    return answer(HealthResponse())


@operation(Operation(answers={200: ReadinessResponse, 503: ReadinessResponse}, credential=False))
async def readyz(request: web.Request) -> web.Response:
    """200 when every component is ready, or only degraded, else 503; either way what each has to say."""
    look = await request.app[SERVICES].look()
    found = {severity(name, said) for name, said in look.checks.items()}
    told = {name: said or "ok" for name, said in look.checks.items()}
    status: ReadyName = "not_ready" if "failed" in found else "degraded" if "degraded" in found else "ready"
    said = ReadinessResponse(status=status, checks=told, camera_fps=look.camera_fps, vision_age_s=look.vision_age_s)
    return answer(said, status=503 if status == "not_ready" else 200)


def mount(app: web.Application) -> None:
    """Add the routes."""
    add(app, "GET", "/healthz/", healthz)
    add(app, "GET", "/readyz/", readyz)
