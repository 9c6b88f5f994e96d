"""`/healthz` (the process answers) and `/readyz` (it can do its work)."""

from aiohttp import web

from api.http import add, answer
from api.services import SERVICES


async def healthz(request: web.Request) -> web.Response:
    """Alive."""
    return answer({"status": "alive"})


async def readyz(request: web.Request) -> web.Response:
    """200 when every component is ready, else 503; either way what each has to say."""
    checks = dict(await request.app[SERVICES].readiness())
    ready = not any(checks.values())
    body = {"status": "ready" if ready else "not_ready", "checks": {name: said or "ok" for name, said in checks.items()}}
    return answer(body, status=200 if ready else 503)


def mount(app: web.Application) -> None:
    """Add the routes."""
    add(app, "GET", "/healthz/", healthz)
    add(app, "GET", "/readyz/", readyz)
