"""`kioskctl enroll-link` on a real device's files."""

from datetime import UTC, datetime, timedelta


def test_a_link_names_the_device_by_its_certificate(kioskctl, configure) -> None:
    assert kioskctl.refused("enroll-link", "ada") == "lan_off"
    text = kioskctl.file.read_text()
    kioskctl.file.write_text(text.replace('# host = ""', 'host = "0.0.0.0"'))
    assert kioskctl.refused("enroll-link", "ada") == "tls_refused"
    kioskctl.json("tls", "init", "--name", "kiosk.local")
    made = kioskctl.json("enroll-link", "ada", "--name", "Ada", "--hours", "2")
    page, _, token = made["url"].partition("#")
    assert page == "https://kiosk.local:8443/enroll/"
    assert len(token) > 40
    ends = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=1.9) < ends <= timedelta(hours=2)
    assert kioskctl.json("enroll-link", "ada")["url"] != made["url"]
    assert kioskctl.json("user", "list")["people"] == []
    assert kioskctl.refused("enroll-link", "ada", "--hours", "0") == "invalid_request"
