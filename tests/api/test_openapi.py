"""The document: valid OpenAPI 3.1, made of the routes, and true about grants and credentials; its page needs nothing else."""

import json
import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.auth import GRANTS
from api.errors import STATUS
from api.openapi import document
from api.operation import declared_by
from api.server import build_app

HEALTH = ("/healthz", "/readyz", "/metrics")


@pytest.fixture
async def told(device):
    async with device.http.get(f"{device.url}/api/openapi.json") as response:
        assert response.status == 200
        assert response.content_type == "application/json"
        return await response.json()


def operations(told):
    return [(path, method, said) for path, methods in told["paths"].items() for method, said in methods.items()]


async def test_it_is_valid_openapi_3_1(told):
    OpenAPIV31SpecValidator(told).validate()
    assert told["openapi"] == "3.1.0"


async def test_every_route_of_the_api_declares_what_it_asks_and_answers(device, told):
    app = build_app(device.services)
    wanted = {
        (route.resource.canonical.rstrip("/"), route.method.lower())
        for route in app.router.routes()
        if route.resource.canonical.startswith(("/api/", "/ws/", *HEALTH)) and route.resource.canonical != "/api/docs/{name}"
    }
    assert {(path.rstrip("/"), method) for path, method, _ in operations(told)} == wanted


async def test_ids_are_unique_and_everything_is_described(told):
    said = [said for *_, said in operations(told)]
    assert len({one["operationId"] for one in said}) == len(said)
    assert all(one["summary"] and one["description"] for one in said)
    codes = {code for one in said for told in one["responses"].values() for code in re.findall(r"`(\w+)`", told["description"])}
    assert codes <= set(STATUS)


async def test_models_are_those_that_requests_are_read_with(told):
    schemas = told["components"]["schemas"]
    assert schemas["EnrollmentRequest"]["additionalProperties"] is False
    assert schemas["FaceFrame"]["required"] == ["session_token"]
    assert schemas["EnrollmentMetadata"]["properties"]["target_samples"]["default"] == 5


def refused(device, method, path, key):
    headers = {} if key is None else {"X-API-Key": key}
    address = device.url + re.sub(r"{\w+}", "nothing", path)
    return device.http.request(method, address, headers=headers, json={} if method == "post" else None)


async def test_credentials_and_grants_are_asked_for_where_the_document_says_so(device, told):
    keys = {grant: (await device.new_client(*(set(GRANTS) - {grant})))[1] for grant in GRANTS}
    everything = (await device.new_client(*GRANTS))[1]
    handlers = {said["operationId"]: said for *_, said in operations(told)}
    for route in build_app(device.services).router.routes():
        declared = declared_by(route.handler)
        if declared is None or route.resource.canonical.startswith("/ws/"):
            continue
        path = route.resource.canonical
        assert handlers[route.handler.__name__]["security"] == ([{"bearer": []}, {"api_key": []}] if declared.credential else [])
        if declared.credential:
            async with refused(device, route.method.lower(), path, None) as response:
                assert (response.status, (await response.json())["error_code"]) == (401, "invalid_token")
            async with refused(device, route.method.lower(), path, everything) as response:
                assert response.status not in (401, 403)
        if declared.grant is not None:
            async with refused(device, route.method.lower(), path, keys[declared.grant]) as response:
                assert (response.status, (await response.json())["error_code"]) == (403, "forbidden")


async def test_the_page_loads_nothing_from_elsewhere(device):
    names = ["", "docs.js", "docs.css", "tokens.css", "mark.svg"]
    for name in names:
        async with device.http.get(f"{device.url}/api/docs/{name}") as response:
            assert response.status == 200
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]
            text = await response.text()
        text = text.replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//[a-z]|@import|url\(", re.sub(r"^//.*$", "", text, flags=re.MULTILINE))
        for place in re.findall(r"(?:src|href)=\"(/[^\"]*)\"", text):
            async with device.http.get(device.url + place) as response:
                assert response.status == 200


def test_a_route_that_declares_nothing_is_left_out():
    from aiohttp import web

    async def page(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_get("/page", page)
    assert document(app)["paths"] == {}
    assert json.dumps(document(app))
