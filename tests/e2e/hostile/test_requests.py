"""Bodies, fields, ids and headers that no honest client sends: each has its documented code, and nothing else changes."""

import asyncio
import json
import re
import uuid

import pytest

POSTS = (
    "/api/auth/client/",
    "/api/auth/enrollment/",
    "/api/auth/authentication/",
    "/api/auth/enrollment/process-frame/",
    "/api/auth/authentication/process-frame/",
)
TOKEN = str(uuid.uuid4())

NO_OBJECT = {
    "nothing": b"",
    "list": b"[]",
    "text": b'"user"',
    "number": b"1",
    "null": b"null",
    "NaN": b"NaN",
    "cut short": b'{"user_id": "a"',
    "two": b"{} {}",
    "no UTF-8": b'{"user_id": "\xff"}',
    "half a surrogate": b'{"user_id": "\\ud800"}',
    "UTF-16": '{"user_id": "a"}'.encode("utf-16"),
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "single quotes": b"{'user_id': 'a'}",
    "form": b"user_id=a&metadata=b",
}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("path", POSTS)
def test_what_is_no_json_object(served, path):
    told = {name: served.call("POST", path, data=body) for name, body in NO_OBJECT.items()}
    assert {name: (status, said["error_code"]) for name, (status, said) in told.items()} == dict.fromkeys(
        NO_OBJECT, (400, "invalid_request")
    )


FIELDS = [
    ("/api/auth/client/", {}),
    ("/api/auth/client/", {"api_key": None}),
    ("/api/auth/client/", {"api_key": 1}),
    ("/api/auth/client/", {"api_key": "x" * 1001}),
    ("/api/auth/client/", {"api_key": "x", "more": 1}),
    ("/api/auth/enrollment/", {}),
    ("/api/auth/enrollment/", {"user_id": None}),
    ("/api/auth/enrollment/", {"user_id": 7}),
    ("/api/auth/enrollment/", {"user_id": ["a"]}),
    ("/api/auth/enrollment/", {"user_id": "a", "is_admin": True}),
    ("/api/auth/enrollment/", {"user_id": "a", "require_liveness": "no"}),
    ("/api/auth/enrollment/", {"user_id": "a", "metadata": []}),
    ("/api/auth/enrollment/", {"user_id": "a", "metadata": {"target_samples": 0}}),
    ("/api/auth/enrollment/", {"user_id": "a", "metadata": {"target_samples": 10**30}}),
    ("/api/auth/enrollment/", {"user_id": "a", "metadata": {"target_samples": "5"}}),
    ("/api/auth/enrollment/", {"user_id": "a", "metadata": {"target_samples": 2.5}}),
    ("/api/auth/enrollment/", {"user_id": "a", "metadata": {"enable_quality_check": 0}}),
    ("/api/auth/enrollment/", {"user_id": "a", "metadata": {"own": {"nested": 1}}}),
    ("/api/auth/enrollment/", {"user_id": "a", "metadata": {"own": "x" * 1001}}),
    ("/api/auth/enrollment/", {"user_id": "a", "metadata": {"own": float("nan")}}),
    ("/api/auth/enrollment/", {"user_id": "a", "metadata": {"own": float("-inf")}}),
    ("/api/auth/enrollment/", {"user_id": "a", "metadata": {"own": 10**400}}),
    ("/api/auth/enrollment/", {"user_id": "a", "metadata": {"own": 2**64}}),
    ("/api/auth/enrollment/", {"user_id": "a", "metadata": {"k" * 1001: 1}}),
    ("/api/auth/enrollment/", {"user_id": "a", "metadata": {f"k{n}": n for n in range(33)}}),
    ("/api/auth/authentication/", {"metadata": {"min_confidence": float("nan")}}),
    ("/api/auth/authentication/", {"metadata": {"min_confidence": float("inf")}}),
    ("/api/auth/authentication/", {"metadata": {"min_confidence": 1.01}}),
    ("/api/auth/authentication/", {"metadata": {"min_confidence": -0.1}}),
    ("/api/auth/authentication/", {"metadata": {"min_confidence": True}}),
    ("/api/auth/authentication/", {"require_liveness": None}),
    ("/api/auth/authentication/", {"user_id": ""}),
    *(
        (path, body)
        for path in POSTS[3:]
        for body in (
            {},
            {"session_token": None, "frame_data": "x"},
            {"session_token": "", "frame_data": "x"},
            {"session_token": "x" * 65, "frame_data": "x"},
            {"session_token": TOKEN, "frame_data": 5},
            {"session_token": TOKEN, "frame_data": "x", "live": True},
            {"session_token": TOKEN, "frames": []},
            {"session_token": TOKEN, "frames": "x"},
            {"session_token": TOKEN, "frames": ["x"] * 9},
            {"session_token": TOKEN, "frames": [1]},
            {"session_token": TOKEN, "frames": [{"frame_data": "x", "t_ms": float("nan")}]},
            {"session_token": TOKEN, "frames": [{"frame_data": "x", "t_ms": "1"}]},
            {"session_token": TOKEN, "frames": [{"frame_data": "x", "t_ms": -1}]},
            {"session_token": TOKEN, "frames": [{"t_ms": 1}]},
            {"session_token": TOKEN, "frame_data": "x", "timestamp": "yesterday"},
            {"session_token": TOKEN, "frame_data": "x", "timestamp": "2026-01-01T00:00:00"},
            {"session_token": TOKEN, "frame_data": "x", "timestamp": float("nan")},
            {"session_token": TOKEN, "frame_data": "x", "timestamp": {}},
        )
    ),
]


@pytest.mark.usefixtures("unchanged")
def test_fields_that_are_wrong(served):
    told = [(path, body, *served.call("POST", path, data=json.dumps(body).encode())) for path, body in FIELDS]
    wrong = [(*call, said) for *call, status, said in told if (status, said.get("error_code")) != (422, "invalid_request")]
    assert wrong == []
    # No value is sent back: what a client types wrongly may be a secret.
    assert not any("x" * 20 in json.dumps(said) for *_, said in told)


@pytest.mark.usefixtures("unchanged")
def test_both_kinds_of_frames_at_once(served):
    made = served.session()
    body = {"session_token": made["session_token"], "frame_data": "x", "frames": ["x"]}
    status, said = served.call("POST", POSTS[4], json=body)
    assert (status, said["error_code"]) == (422, "invalid_request")


GOOD_IDS = (
    "user123",
    "Zoë",
    "Zoe\u0308",
    "李小龍",
    "مستخدم",
    "👩‍👩‍👧",
    "🇨🇭",
    "a b",
    "' OR 1=1 --",
    'Robert"); DROP TABLE persons;--',
    "../../etc/passwd",
    "..%2f..",
    "a/b",
    "a\\b",
    "C:con",
    "{user_id}",
    "%00",
    "<script>alert(1)</script>",
    "a?b=c#d",
    "a+b&c",
    "null",
    "ß",
    "ﬁ",
    "K",
    "x" * 255,
    "…",
)
BAD_IDS = (
    "",
    " ",
    " a",
    "a ",
    "\u00a0a",
    "a\nb",
    "a\x00b",
    "a\x1b[31m",
    "\x7f",
    "\x85a",
    "a\u2028b",
    "a\u2029b",
    "\uffff",
    "\u0378",
    ".",
    "..",
    "x" * 256,
    "a\u202eb",
    "a\u2066b",
)


def test_ids_of_every_kind_are_kept_as_they_are(served):
    for user_id in GOOD_IDS:
        made = served.session("enrollment", user_id=user_id)
        assert served.stands(made["session_token"])["user_id"] == user_id
        assert served.call("DELETE", f"/api/auth/session/{made['session_token']}/")[0] == 200
        assert served.session(user_id=user_id)["status"] == "active"


@pytest.mark.usefixtures("unchanged")
def test_ids_that_nobody_may_have(served):
    paths = POSTS[1:3]
    told = {(path, user_id): served.call("POST", path, json={"user_id": user_id}) for path in paths for user_id in BAD_IDS}
    wrong = [key for key, (status, said) in told.items() if (status, said.get("error_code")) != (422, "invalid_request")]
    assert wrong == []


def raw(served, head: bytes, body: bytes = b"") -> tuple[int, dict[str, object]]:
    """Status and JSON of a request written by hand."""

    async def go():
        host, port = served.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(head + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n" + body)
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return answer

    head, _, content = asyncio.run(go()).partition(b"\r\n\r\n")
    status = int(re.match(rb"HTTP/1\.[01] (\d+)", head)[1])
    return status, json.loads(content) if b"application/json" in head else {}


SEGMENTS = (
    b"\xff",
    b"%ff",
    b"%00",
    b"%ed%a0%80",
    b"%0d%0aX:1",
    b"%2e%2e",
    b"..",
    b"%2f",
    b"%25",
    b"a%",
    b"%u0041",
    b"\xc3\xa9",
    b"~",
    b"x" * 4000,
)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("segment", SEGMENTS)
@pytest.mark.parametrize(
    "path",
    [
        b"GET /api/auth/users/%s/",
        b"DELETE /api/auth/users/%s/",
        b"DELETE /api/auth/enrollment/%s/",
        b"GET /api/auth/session/%s/",
        b"DELETE /api/auth/session/%s",
    ],
)
def test_paths_with_anything_in_them_lead_nowhere(served, path, segment):
    key = b"\r\nX-API-Key: " + served.key.encode()
    status, said = raw(served, path % segment + b" HTTP/1.1" + key)
    assert status in (400, 404, 405), said
    assert status == 400 or said["error_code"] in (
        "not_found",
        "user_not_enrolled",
        "enrollment_not_found",
        "session_not_found",
        "method_not_allowed",
    )


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("header", "code"),
    [
        (b"", "invalid_token"),
        (b"X-API-Key: ", "invalid_api_key"),
        (b"X-API-Key: \xff\xfe", "invalid_api_key"),
        (b"X-API-Key: fk_abcdefgh_", "invalid_api_key"),
        (b"X-API-Key: fk_aaaaaaaa_' OR 1=1", "invalid_api_key"),
        (b"X-API-Key: " + b"k" * 5000, "invalid_api_key"),
        (b"Authorization: Basic YTpi", "invalid_token"),
        (b"Authorization: Bearer", "invalid_token"),
        (b"Authorization: Bearer \xff\xfe.\xff.\xff", "invalid_token"),
        (b"Authorization: Bearer a.b.c", "invalid_token"),
        (b"Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "invalid_token"),
        (b"Authorization: Bearer W10.W10.W10", "invalid_token"),
        (b"Authorization: Bearer MQ.MQ.MQ", "invalid_token"),
        (b"Authorization: Bearer eyJhbGciOiJIUzI1NiIsImtpZCI6W119.e30.", "invalid_token"),
        (b"Authorization: Bearer " + b"W" * 6000 + b".e30.", "invalid_token"),
    ],
)
def test_credentials_that_are_none(served, header, code):
    line = b"\r\n" + header if header else b""
    status, said = raw(served, b"GET /api/auth/users/ HTTP/1.1" + line)
    assert (status, said["error_code"]) == (401, code)


@pytest.mark.usefixtures("unchanged")
def test_api_keys_of_any_form_in_a_body(served):
    for key in ("", "fk", "fk_" * 100, "é" * 50, "\x00", "fk_aaaaaaaa_\u202e", "fk_aaaaaaaa_' OR 1=1 --", "'" * 1000):
        status, said = served.call("POST", POSTS[0], json={"api_key": key})
        assert (status, said["error_code"]) == (401, "invalid_api_key")
