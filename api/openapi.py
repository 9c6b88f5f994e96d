"""The OpenAPI 3.1 document, made of the routes as they are mounted and of what their handlers declare. No text of its own."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from api.errors import STATUS
from api.operation import Content, Operation, declared_by
from api.schema import ErrorResponse, FrameErrorResponse

Json = dict[str, Any]
REF = "#/components/schemas/{model}"
CONTRACT = "1"
_ALWAYS = ("forbidden", "rate_limited", "internal_error")
_WITH_CREDENTIAL = ("invalid_token", "invalid_api_key")
_WITH_BODY = ("invalid_request", "frame_too_large")
_HEADERS: Mapping[int, str] = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
_PLACE = re.compile(r"{(\w+)[^}]*}")


def document(app: web.Application) -> Json:
    """The document of an application's declared routes; of two paths that differ by the last slash, the one with it."""
    routes = list(_routes(app))
    models = _models(declared for *_, declared in routes)
    _, schemas = models_json_schema(models, ref_template=REF)
    paths: dict[str, Json] = {}
    for path, method, handler, declared in routes:
        paths.setdefault(path, {})[method] = _operation(path, handler, declared)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {"title": "facekiosk", "version": CONTRACT, "summary": "Sessions that enrol and recognise faces"},
        "paths": paths,
        "components": {"schemas": schemas["$defs"], "securitySchemes": _SCHEMES},
    }


def _routes(app: web.Application) -> Iterable[tuple[str, str, Callable[..., object], Operation]]:
    """Path, method, handler and contract of every declared route."""
    found = {}
    for route in app.router.routes():
        declared = declared_by(route.handler)
        if declared is not None and route.resource is not None:
            found[route.resource.canonical, route.method] = route.handler, declared
    for (path, method), (handler, declared) in found.items():
        if path.endswith("/") or (path + "/", method) not in found:
            yield _PLACE.sub(r"{\1}", path), method.lower(), handler, declared


def _models(operations: Iterable[Operation]) -> list[tuple[type[BaseModel], JsonSchemaMode]]:
    """Every model once, asked ones as they are read, told ones as they are written."""
    asked: dict[type[BaseModel], JsonSchemaMode] = {}
    told: dict[type[BaseModel], JsonSchemaMode] = {ErrorResponse: "serialization", FrameErrorResponse: "serialization"}
    for declared in operations:
        asked |= {model: "validation" for model in (declared.asks, *declared.hears) if model is not None}
        answers = (*declared.answers.values(), *declared.says)
        told |= {model: "serialization" for model in answers if not isinstance(model, str)}
    return [*asked.items(), *told.items()]


def _operation(path: str, handler: Callable[..., object], declared: Operation) -> Json:
    lines = (inspect.getdoc(handler) or "").split("\n\n")
    granted = [f"Needs the grant `{declared.grant}`."] if declared.grant else []
    said: Json = {
        "operationId": getattr(handler, "__name__", path),
        "summary": lines[0].replace("\n", " ").rstrip("."),
        "description": "\n\n".join([*lines, *granted]),
        "parameters": [*_places(path), *_query(declared)],
        "responses": _responses(declared),
        "security": [{name: []} for name in _SCHEMES] if declared.credential else [],
    }
    if declared.asks is not None:
        said["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(declared.asks)}}}
    if declared.says:
        said["x-websocket"] = {
            "says": [_ref(model) for model in declared.says],
            "hears": [_ref(model) for model in declared.hears],
        }
    return said


def _places(path: str) -> list[Json]:
    text = {"type": "string", "minLength": 1}
    return [{"name": name, "in": "path", "required": True, "schema": text} for name in _PLACE.findall(path)]


def _query(declared: Operation) -> list[Json]:
    if declared.query is None:
        return []
    schema = declared.query.model_json_schema(ref_template=REF)
    needed = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": spec} for name, spec in schema["properties"].items()
    ]


def _responses(declared: Operation) -> Json:
    said = {str(status): _answer(status, content) for status, content in declared.answers.items()}
    for status, codes in sorted(errors_of(declared).items()):
        said.setdefault(str(status), _error(status, codes, FrameErrorResponse if declared.about_frames else ErrorResponse))
    return said


def errors_of(declared: Operation) -> dict[int, list[str]]:
    """Status → codes, of all errors that the route may answer."""
    codes = [*_ALWAYS, *declared.errors]
    codes += _WITH_CREDENTIAL * declared.credential
    codes += _WITH_BODY * (declared.asks is not None)
    codes += ("invalid_request",) * (declared.query is not None)
    found: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        found.setdefault(STATUS[code], []).append(code)
    if "invalid_request" in codes:
        # Fields that are wrong, where the whole can be read.
        found.setdefault(422, []).append("invalid_request")
    if declared.asks is not None:
        # A body that does not come in time.
        found.setdefault(408, []).append("invalid_request")
    return found


def _answer(status: int, content: Content) -> Json:
    about = {"description": HTTPStatus(status).phrase}
    if isinstance(content, str):
        kind = "object" if content == "application/json" else "string"
        return {**about, "content": {content: {"schema": {"type": kind}}}} if content else about
    return {**about, "content": {"application/json": {"schema": _ref(content)}}}


def _error(status: int, codes: list[str], model: type[BaseModel]) -> Json:
    schema = {"allOf": [_ref(model), {"type": "object", "properties": {"error_code": {"enum": codes}}}]}
    said: Json = {
        "description": ", ".join(f"`{code}`" for code in codes),
        "content": {"application/json": {"schema": schema}},
    }
    if status in _HEADERS:
        said["headers"] = {_HEADERS[status]: {"schema": {"type": "string"}}}
    return said


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": REF.format(model=model.__name__)}
