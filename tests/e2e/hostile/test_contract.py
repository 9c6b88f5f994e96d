"""schemathesis against the running server: every operation is called, nothing is a 5xx, every answer is in the document."""

import base64
from typing import Any

import pytest
import requests
import schemathesis
from aiohttp import web
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.openapi import document
from api.routes import enroll, health
from api.server import API

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
)
FULLER = settings(BOUNDED, max_examples=400, derandomize=False)


KINDS = ("enrollment", "authentication")


def described() -> list[str]:
    """Method and path of every operation, without a server."""
    app = web.Application()
    for mount in (*API, health.mount, enroll.mount_operations):
        mount(app)
    return [f"{method.upper()} {path}" for path, methods in document(app)["paths"].items() for method in methods]


@pytest.fixture(scope="module")
def contract(server) -> Any:
    """The document that the server serves, read by schemathesis."""
    return schemathesis.openapi.from_dict(requests.get(f"{server.url}/api/openapi.json", timeout=10).json())


@pytest.fixture
def frame(face, as_file) -> str:
    return base64.b64encode(as_file(face.resize((face.width // 2, face.height // 2)))).decode()


@pytest.fixture
def tokens(served) -> list[str]:
    """Sessions that calls can be aimed at, a link's among them."""
    return [*(served.session(kind, user_id="u")["session_token"] for kind in KINDS), served.link_session()]


def aim(served: Any, case: Any, data: st.DataObject, tokens: list[str], frame: str) -> None:
    """Half of the time what was made up gives way to what is there, so that more than refusals is reached."""
    if data.draw(st.booleans()):
        return
    if isinstance(case.body, dict) and "session_token" in case.body:
        case.body["session_token"] = data.draw(st.sampled_from(tokens))
        if data.draw(st.booleans()):
            case.body = {"session_token": case.body["session_token"], "frame_data": frame}
    if isinstance(case.body, dict) and "token" in case.body:
        case.body = {**case.body, "token": served.link()}
        if "text_version" in case.body and data.draw(st.booleans()):
            case.body["text_version"] = served.text_version
    if case.path_parameters and "token" in case.path_parameters:
        case.path_parameters["token"] = data.draw(st.sampled_from(tokens))


def attack(served: Any, operation: Any, aimed: Any, how: settings) -> set[int]:
    """Call an operation with what its schema allows and with what it does not; the statuses that came back."""
    came = set()
    allowed = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    broken = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE) if breakable(operation) else allowed

    @how
    @given(st.data())
    def run(data: st.DataObject) -> None:
        case = data.draw(st.one_of(allowed, broken))
        aimed(case, data)
        response = case.call(base_url=served.url, headers={"X-API-Key": served.key}, timeout=30)
        case.validate_response(response, checks=CHECKS)
        came.add(response.status_code)

    run()
    return came


def breakable(operation: Any) -> bool:
    """Whether there is anything that could be wrong: a call without parameters or body has nothing."""
    return bool(operation.body or operation.path_parameters or operation.query)


def test_every_operation_is_attacked(contract: Any) -> None:
    assert {found.ok().label for found in contract.get_all_operations()} == set(described())


@pytest.mark.parametrize("label", described())
def test_answers_are_in_the_document(served, contract, tokens, frame, label):
    method, path = label.split(" ")
    came = attack(served, contract[path][method], lambda case, data: aim(served, case, data, tokens, frame), BOUNDED)
    assert came


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("label", described())
def test_answers_are_in_the_document_whatever_is_asked(served, contract, tokens, frame, label):
    method, path = label.split(" ")
    came = attack(served, contract[path][method], lambda case, data: aim(served, case, data, tokens, frame), FULLER)
    assert came
