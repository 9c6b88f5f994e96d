"""`kioskctl operator`: accounts for the admin screen, made and reset on the device alone."""

from device.config import load_config

TWICE = "correct horse battery\ncorrect horse battery\n"


def test_an_account_is_made_changed_and_removed(kioskctl) -> None:
    assert "none; make one" in kioskctl("operator", "list").out
    made = kioskctl("operator", "add", "ada", answer=TWICE)
    assert made.code == 0
    assert "otpauth://totp/" in made.out
    assert "correct horse" not in made.out + made.err
    assert len([line for line in made.out.splitlines() if line.startswith("  ")]) == 10
    (view,) = kioskctl.json("operator", "list")["operators"]
    assert (view["name"], view["role"], view["recovery_codes"], view["wait_s"]) == ("ada", "operator", 10, 0)
    assert kioskctl.json("operator", "role", "ada", "auditor") == {"name": "ada", "role": "auditor"}
    assert kioskctl.json("operator", "reset", "ada")["uri"] not in made.out
    assert kioskctl("operator", "remove", "ada", answer="n\n").code == 1
    assert kioskctl("operator", "remove", "ada", "--yes").code == 0
    assert kioskctl.refused("operator", "reset", "ada") == "operator_not_found"


def test_what_cannot_be_an_account_is_refused(kioskctl) -> None:
    assert kioskctl("operator", "add", "ada", "--json", answer="short\nshort\n").document["error"]["code"] == "password_refused"
    assert kioskctl("operator", "add", "Ada", "--json", answer=TWICE).document["error"]["code"] == "invalid_request"
    assert kioskctl("operator", "add", "ada", answer="one thing\nanother\n").code == 1
    assert load_config(kioskctl.file).operators.session_hours == 8
    assert kioskctl.json("operator", "list")["operators"] == []
