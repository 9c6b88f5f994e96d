"""The webhook's message: signed so that only the secret's owner can make it, to addresses that nobody can listen in on."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.records import Webhook
from api.webhook import (
    SECRET_BYTES,
    TOLERANCE_S,
    AddressRefused,
    SignatureRefused,
    checked_address,
    headers,
    new_secret,
    pause_s,
    rotated,
    secrets_of,
    shown,
    verify,
)
from device.clock import ManualClock

NOW = 1_800_000_000


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The specification's own example: secret, id, timestamp and payload of its "Signature scheme" libraries' tests."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    said = headers([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert said["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(max_size=300), st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1))
def test_what_was_signed_is_verified_by_the_shown_secret(body: bytes, message_id: str) -> None:
    secret = new_secret()
    verify(shown(secret), headers([secret], message_id, NOW, body), body, NOW + TOLERANCE_S)


@given(st.binary(max_size=100), st.integers(0, 99), st.integers(1, 255))
def test_another_body_is_refused(body: bytes, place: int, flip: int) -> None:
    secret = new_secret()
    said = headers([secret], "id", NOW, body)
    other = body[:place] + bytes([body[place] ^ flip]) + body[place + 1 :] if place < len(body) else body + b"x"
    with pytest.raises(SignatureRefused):
        verify(shown(secret), said, other, NOW)


def test_another_secret_id_or_time_is_refused() -> None:
    secret = new_secret()
    said = headers([secret], "id", NOW, b"{}")
    for wrong in (said | {"webhook-id": "di"}, said | {"webhook-timestamp": str(NOW + 1)}, said | {"webhook-signature": "v1,"}):
        with pytest.raises(SignatureRefused):
            verify(shown(secret), wrong, b"{}", NOW)
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        with pytest.raises(SignatureRefused):
            verify(shown(secret), {key: value for key, value in said.items() if key != name}, b"{}", NOW)
    for now in (NOW - TOLERANCE_S - 1, NOW + TOLERANCE_S + 1):
        with pytest.raises(SignatureRefused, match="too far"):
            verify(shown(secret), said, b"{}", now)
    with pytest.raises(SignatureRefused):
        verify(shown(new_secret()), said, b"{}", NOW)
    with pytest.raises(SignatureRefused):
        verify("whsec_ no base64", said, b"{}", NOW)


def test_one_of_several_signatures_is_enough() -> None:
    """While a secret is changed a message may carry both signatures."""
    secret = new_secret()
    said = headers([secret], "id", NOW, b"{}")
    other = hmac.new(b"other", b"id", hashlib.sha256).digest()
    said["webhook-signature"] = f"v1,{base64.b64encode(other).decode()} {said['webhook-signature']}"
    verify(shown(secret), said, b"{}", NOW)


def test_secrets_are_long_and_never_the_same() -> None:
    secrets = {new_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert {len(secret) for secret in secrets} == {SECRET_BYTES}


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/events",
        "https://10.0.0.7:8443/x?y=z",
        "http://127.0.0.1:9000/",
        "http://127.3.2.1/",
        "http://[::1]:9000/x",
        "http://localhost:9000/x",
        "HTTPS://EXAMPLE.ORG",
    ],
)
def test_addresses_that_are_taken(url: str) -> None:
    assert checked_address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "http://10.0.0.7/",
        "http://127.0.0.1.example.org/",
        "http://localhost.example.org/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "https://user:word@example.org/",
        "https://user@example.org/",
        "http://localhost@example.org/",
        "https://example.org/#part",
        "https:///x",
        "https://",
        "example.org",
        "/etc/passwd",
        "file:///etc/passwd",
        "ftp://example.org",
        "https://example.org:99999/",
        "https://[::1/",
        "https://exa mple.org/",
        "https://example.org/\n",
        "https://exämple.org/",
        "https://example.org/" + "x" * 2000,
        "",
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        checked_address(url)


@given(st.text())
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for url in (text, "http://" + text, "https://" + text):
        try:
            assert checked_address(url).lower().startswith(("https://", "http://"))
        except AddressRefused:
            continue


@given(st.integers(1, 10_000), st.floats(0.01, 60), st.floats(60, 86_400))
def test_pauses_double_up_to_the_longest(failures: int, first: float, longest: float) -> None:
    pauses = [pause_s(each, first, longest) for each in (1, failures, failures + 1)]
    assert pauses[0] == first
    assert pauses[1] <= pauses[2] <= min(longest, 2 * pauses[1] + 1e-9)


@given(overlap=st.floats(0, 1e6), later=st.floats(0, 2e6), rebooted=st.booleans())
def test_in_an_overlap_messages_are_signed_with_both_secrets(overlap: float, later: float, rebooted: bool) -> None:
    clock = ManualClock()
    before = Webhook("w", "gate", "https://example.org", "local", new_secret())
    after = rotated(before, overlap, clock)
    assert after.secret != before.secret
    if rebooted:
        clock = ManualClock(boot=1.0, wall=clock.wall(), boot_id="another")
    clock.advance(later)
    said = headers(secrets_of(after, clock), "id", NOW, b"{}")
    verify(shown(after.secret), said, b"{}", NOW)
    if later < overlap - 1:
        verify(shown(before.secret), said, b"{}", NOW)
    if later > overlap + 1 or not overlap:
        with pytest.raises(SignatureRefused):
            verify(shown(before.secret), said, b"{}", NOW)
    twice = rotated(after, overlap, clock)
    assert before.secret not in secrets_of(twice, clock)
