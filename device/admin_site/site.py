"""`/admin/`: the operators' screen on the network, over TLS alone: its files and its requests, which the other modules answer."""

from aiohttp import web

from api.http import add
from api.pages import HEADERS, file_answer, page_files
from device.admin_site import account, health, people, queueing, rosters, visits
from device.admin_site.parts import PARTS, AdminParts


class AdminSite:
    """Serves page and requests; `mount` adds them to an application."""

    def __init__(self, parts: AdminParts) -> None:
        self._parts = parts
        self._files = page_files("admin")

    def mount(self, app: web.Application) -> None:
        """Add the routes. The cookie is for TLS alone, so that without it nobody could sign in: then there is nothing here."""
        if self._parts.config.lan.plain_http_on_the_network_without_tls:
            return
        app[PARTS] = self._parts
        app.router.add_get("/admin", self._to_page)
        app.router.add_get("/admin/", self._file)
        app.router.add_get("/admin/{name}", self._file)
        _mount_requests(app)

    async def _to_page(self, _: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/admin/", **HEADERS})

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "index.html")
        if name not in self._files:
            raise web.HTTPNotFound
        return file_answer(name, self._files[name])


def _mount_requests(app: web.Application) -> None:
    add(app, "GET", "/admin/api/session/", account.look)
    add(app, "POST", "/admin/api/session/", account.begin)
    add(app, "DELETE", "/admin/api/session/", account.finish)
    add(app, "GET", "/admin/api/people/", people.people)
    add(app, "POST", "/admin/api/people/preview/", rosters.preview)
    add(app, "POST", "/admin/api/people/import/", rosters.take)
    add(app, "POST", "/admin/api/people/erase/", people.erase)
    add(app, "POST", "/admin/api/people/confirm/", people.confirm)
    add(app, "POST", "/admin/api/people/card/", people.card)
    add(app, "POST", "/admin/api/people/links/", people.links)
    add(app, "POST", "/admin/api/people/log/", visits.person_log)
    add(app, "GET", "/admin/api/queue/", queueing.look)
    add(app, "POST", "/admin/api/queue/", queueing.begin)
    add(app, "DELETE", "/admin/api/queue/", queueing.stop)
    add(app, "POST", "/admin/api/visits/", visits.visits)
    add(app, "POST", "/admin/api/visits/names/", visits.names)
    add(app, "POST", "/admin/api/audit/", visits.acts)
    add(app, "GET", "/admin/api/health/", health.health)
