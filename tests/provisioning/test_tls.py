"""`kioskctl tls` on a real device's files."""

import stat


def test_init_show_and_renew(kioskctl) -> None:
    made = kioskctl.json("tls", "init", "--name", "kiosk.local", "--name", "192.168.7.20")
    assert made["names"] == ["kiosk.local", "192.168.7.20"]
    assert made["trust_page"] == "https://kiosk.local:8443/trust/"
    assert made["listening"] is False
    folder = kioskctl.file.parent / "tls"
    assert {file.name for file in folder.iterdir()} == {"server.crt", "server.key", "authority.crt", "authority.key"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.glob("*.key")} == {0o600}
    assert kioskctl.json("tls", "show") == made
    renewed = kioskctl.json("tls", "renew", "--name", "kiosk.local")
    assert renewed["fingerprint"] == made["fingerprint"]
    assert renewed["certificate_fingerprint"] != made["certificate_fingerprint"]
    assert renewed["names"] == ["kiosk.local"]
    assert renewed["fingerprint"] in kioskctl("tls", "show").out


def test_refusals(kioskctl) -> None:
    assert kioskctl.refused("tls", "show") == "tls_refused"
    assert kioskctl.refused("tls", "renew") == "tls_refused"
    assert kioskctl.refused("tls", "init", "--name", "not a name") == "tls_refused"
    kioskctl.json("tls", "init")
    assert kioskctl.refused("tls", "init") == "tls_refused"
    assert kioskctl.refused("tls", "renew", "--name", "bank.example") == "tls_refused"
