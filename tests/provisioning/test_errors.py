"""What goes wrong: each with a message that says what to do, the right exit code, and nothing lost."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

QUESTIONS = [("user", "list"), ("client", "list"), ("log",), ("status",)]


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_without_a_device_every_command_says_so(nowhere, question) -> None:
    assert nowhere.refused(*question) == "invalid_configuration"
    assert "kioskctl init" in nowhere(*question).err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[liveness]\npolicy = 'strictest'\n", ":2: liveness.policy"),
        ("[kiosk]\nvisit_timeout_s = 'soon'\n", ":2: kiosk.visit_timeout_s"),
        ("[kiosk]\n\nvisit_timeout_s = 1000\n", ":3: kiosk.visit_timeout_s"),
        ("[liveness]\npollicy = 'basic'\n", "did you mean policy"),
        ("[kiosk\n", ":1: not valid TOML"),
    ],
)
def test_a_mistake_in_the_configuration_names_line_and_key(nowhere, text: str, told: str) -> None:
    nowhere.file.write_text(text, encoding="utf-8")
    assert nowhere.refused("config", "check") == "invalid_configuration"
    answer = nowhere("config", "check")
    assert (answer.code, answer.out) == (1, "")
    assert told in answer.err
    assert nowhere.refused("user", "list") == "invalid_configuration"


def test_a_language_without_a_file_is_told_and_stops_nothing_else(nowhere) -> None:
    assert nowhere("init", "--yes").code == 0
    text = nowhere.file.read_text(encoding="utf-8")
    nowhere.file.write_text(text.replace('# language = "en"', 'language = "xx"'), encoding="utf-8")
    answer = nowhere("config", "check")
    assert answer.code == 1
    assert "screen.language: 'xx' has no file; there are de, en" in answer.err
    assert nowhere("user", "list").code == 0


def test_a_missing_key_is_told_and_nothing_is_made(kioskctl) -> None:
    key = kioskctl.file.parent / "keys/root.key"
    content = key.read_bytes()
    key.unlink()
    assert kioskctl.refused("user", "list") == "store_key_missing"
    assert str(key) in kioskctl("user", "list").err
    assert not key.exists()
    key.write_bytes(content)
    key.chmod(0o600)
    assert kioskctl.json("user", "list") == {"people": []}


def test_a_wrong_key_is_told_and_the_database_is_untouched(kioskctl) -> None:
    key = kioskctl.file.parent / "keys/root.key"
    database = kioskctl.file.parent / "data/facekiosk.db"
    before, right = database.read_bytes(), key.read_bytes()
    key.write_bytes(os.urandom(32))
    assert kioskctl.refused("user", "list") == "store_key_wrong"
    assert database.read_bytes() == before
    key.write_bytes(right)
    assert kioskctl.json("user", "list") == {"people": []}


def test_a_lost_database_is_not_made_anew(kioskctl) -> None:
    database = kioskctl.file.parent / "data/facekiosk.db"
    for file in database.parent.glob("facekiosk.db*"):
        file.unlink()
    assert kioskctl.refused("user", "list") == "store_missing"
    assert not database.exists()


def test_what_is_no_database_is_told_and_left(kioskctl) -> None:
    database = kioskctl.file.parent / "data/facekiosk.db"
    database.write_bytes(b"short")
    assert kioskctl.refused("user", "list") == "store_not_a_database"
    assert database.read_bytes() == b"short"


def test_a_data_directory_in_use_names_who_uses_it(kioskctl) -> None:
    script = "import sys, time; from pathlib import Path; from device.lock import hold_data\n"
    script += "with hold_data(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    folder = str(kioskctl.file.parent / "data")
    with subprocess.Popen([sys.executable, "-c", script, folder], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert kioskctl.refused("user", "list") == "store_locked"
        assert f"process {holder.pid}" in kioskctl("user", "list").err
        holder.kill()
    assert kioskctl.json("user", "list") == {"people": []}


def test_wrong_usage_is_2_and_a_document_with_json(kioskctl) -> None:
    for arguments in (["user", "shw"], ["enroll", "grace"], ["log", "-n", "x"], ["client", "add", "x"]):
        plain = kioskctl(*arguments)
        assert (plain.code, plain.out) == (2, "")
        assert plain.err
    told = kioskctl.program("enroll", "grace", "--json")
    assert told.code == 2
    assert told.document["error"]["code"] == "wrong_usage"


def test_nobody_of_that_id_is_told(kioskctl) -> None:
    assert kioskctl.refused("user", "show", "nobody") == "user_not_found"
    assert kioskctl.refused("user", "erase", "nobody", "--yes") == "user_not_found"
    assert kioskctl.refused("user", "show", "x" * 256) == "invalid_request"


def test_erasing_asks_and_no_means_no(kioskctl) -> None:
    assert kioskctl("user", "erase", "nobody", answer="n\n").code == 1


def test_following_needs_a_running_kiosk(kioskctl) -> None:
    assert kioskctl.json("log") == {"visits": []}
    answer = kioskctl("log", "--follow", "--json")
    assert answer.code == 1
    assert json.loads(answer.out.splitlines()[-1])["error"]["code"] == "not_running"


def test_an_interrupt_ends_quietly_with_130(served) -> None:
    command = [sys.executable, "-m", "provisioning", "log", "--follow", "--config", str(served.file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as following:
        time.sleep(2.5)
        assert following.poll() is None, following.communicate()
        following.send_signal(signal.SIGINT)
        out, err = following.communicate(timeout=10)
    assert (following.returncode, out, err) == (130, "", "")
