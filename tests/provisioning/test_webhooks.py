"""Webhooks by kioskctl: the secret is shown once and fits the signature; a real receiver gets the test message."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from api.webhook import SignatureRefused, verify


class Receiver(HTTPServer):
    """Keeps what it is sent; answers 200, or as told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/events"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_secret_is_rotated_with_an_overlap(kioskctl, receiver) -> None:
    first = kioskctl.json("webhook", "add", "gate", receiver.url)["secret"]
    second = kioskctl.json("webhook", "rotate", "gate")
    assert second["former_until"] is not None
    assert kioskctl.json("webhook", "test", "gate")["delivered"]
    for secret in (first, second["secret"]):
        verify(secret, *receiver.got[-1], time.time())
    third = kioskctl.json("webhook", "rotate", "gate", "--overlap", "0")
    assert third["former_until"] is None
    assert kioskctl.json("webhook", "test", "gate")["delivered"]
    verify(third["secret"], *receiver.got[-1], time.time())
    for secret in (first, second["secret"]):
        with pytest.raises(SignatureRefused):
            verify(secret, *receiver.got[-1], time.time())
    assert kioskctl("webhook", "rotate", "nothing", "--json").document["error"]["code"] == "webhook_not_found"


def test_a_webhook_is_added_tested_listed_and_removed(kioskctl, receiver) -> None:
    added = kioskctl.json("webhook", "add", "gate", receiver.url)
    assert (added["realm"], added["cursor"]) == ("local", 0)
    tested = kioskctl.json("webhook", "test", "gate")
    assert tested["delivered"] is True
    ((headers, body),) = receiver.got
    verify(added["secret"], headers, body, time.time())
    assert json.loads(body)["type"] == "test"
    listed = kioskctl("webhook", "list", "--json")
    assert added["secret"] not in listed.out
    (view,) = listed.document["webhooks"]
    assert (view["name"], view["url"], view["failures"], view["trouble"]) == ("gate", receiver.url, 0, "")
    assert kioskctl.json("webhook", "remove", "gate") == {"name": "gate"}
    assert kioskctl.json("webhook", "list")["webhooks"] == []


def test_a_receiver_that_refuses_is_told(kioskctl, receiver) -> None:
    kioskctl.json("webhook", "add", "gate", receiver.url)
    receiver.status = 403
    assert kioskctl.refused("webhook", "test", "gate") == "webhook_failed"
    assert "HTTP 403" in kioskctl("webhook", "test", "gate").err


def test_addresses_that_anybody_could_listen_in_on_are_refused(kioskctl) -> None:
    for url in ("http://example.org/", "https://me:word@example.org/", "example.org"):
        assert kioskctl.refused("webhook", "add", "gate", url) == "invalid_address"
    assert kioskctl.json("webhook", "list")["webhooks"] == []


def test_names_are_given_once_and_must_be_known(kioskctl) -> None:
    kioskctl.json("webhook", "add", "gate", "https://example.org/", "--realm", "staff", "--backlog")
    assert kioskctl.refused("webhook", "add", "gate", "https://example.org/") == "webhook_exists"
    for command in ("test", "remove"):
        assert kioskctl.refused("webhook", command, "other") == "webhook_not_found"


def test_words_show_the_secret_on_a_line_of_its_own(kioskctl) -> None:
    answer = kioskctl("webhook", "add", "gate", "https://example.org/")
    assert answer.out.splitlines()[-1].startswith("whsec_")
    shown = kioskctl("webhook", "list").out
    assert "gate" in shown
    assert "whsec_" not in shown
    assert "removed" in kioskctl("webhook", "remove", "gate").out
    assert "no webhooks" in kioskctl("webhook", "list").out


def test_a_running_kiosk_is_asked_over_its_socket(served, receiver) -> None:
    served.json("webhook", "add", "gate", receiver.url)
    assert served.json("webhook", "test", "gate")["delivered"] is True
    assert served.refused("webhook", "remove", "other") == "webhook_not_found"
