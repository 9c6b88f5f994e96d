"""A new device: all of it or nothing, and never over another."""

import os
import pty
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from device.config import load_config


def test_init_makes_file_key_and_database(nowhere) -> None:
    folder = nowhere.file.parent
    made = nowhere.json("init", "--yes")
    assert made == {
        "config": str(nowhere.file),
        "key_file": str(folder / "keys/root.key"),
        "data_dir": str(folder / "data"),
        "policy": "auto",
        "policies": made["policies"],
        "frontage": "staff",
    }
    assert [each["level"] for each in made["policies"]] == ["basic", "passive", "adaptive", "strict"]
    assert all(each["seconds"] and each["leaves_open"] for each in made["policies"])
    assert stat.S_IMODE((folder / "keys/root.key").stat().st_mode) == 0o600
    assert (folder / "keys/root.key").stat().st_size == 32
    database = folder / "data/facekiosk.db"
    assert not database.read_bytes().startswith(b"SQLite")
    assert nowhere("config", "check").code == 0
    assert nowhere.json("user", "list") == {"people": []}


def test_init_shows_each_level_and_says_to_keep_the_key(nowhere) -> None:
    answer = nowhere("init", "--yes", "--policy", "strict")
    assert all(level in answer.out for level in ("basic", "passive", "adaptive", "strict", "3-D mask"))
    assert 'policy = "strict"' in nowhere.file.read_text(encoding="utf-8")
    assert "copy of the root key" in answer.out


def test_a_terminal_is_asked_for_the_level_and_a_pipe_is_not(nowhere) -> None:
    ours, theirs = pty.openpty()
    environment = os.environ | {"FACEKIOSK_CONFIG": str(nowhere.file)}
    command = [sys.executable, "-m", "provisioning", "init"]
    os.write(ours, b"fort knox\nstrict\nn\ny\n")
    done = subprocess.run(command, env=environment, stdin=theirs, capture_output=True, text=True, timeout=60, check=False)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0, done
    assert "Which level at the door?" in done.stderr
    assert "one of auto, basic, passive, adaptive, strict" in done.stderr
    assert 'policy = "strict"' in nowhere.file.read_text(encoding="utf-8")
    elsewhere = replace(nowhere, file=nowhere.file.with_name("other") / "facekiosk.toml")
    answer = elsewhere("init", answer="n\ny\n")
    assert answer.code == 0, answer
    assert "Which level" not in answer.err
    assert "policy =" not in "".join(line for line in elsewhere.file.read_text(encoding="utf-8").splitlines() if line[:1] != "#")


def test_init_puts_data_and_key_where_it_is_told(nowhere, tmp_path: Path) -> None:
    made = nowhere.json("init", "--yes", "--data", str(tmp_path / "elsewhere"), "--key", str(tmp_path / "safe/key"))
    assert Path(made["key_file"]).is_file()
    assert (tmp_path / "elsewhere/facekiosk.db").is_file()
    assert nowhere.json("config", "check")["data_dir"] == str(tmp_path / "elsewhere")


@pytest.mark.parametrize("there", ["facekiosk.toml", "keys/root.key", "data/facekiosk.db"])
def test_init_writes_nothing_over(nowhere, tmp_path: Path, there: str) -> None:
    path = tmp_path / there
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"precious")
    before = sorted(tmp_path.rglob("*"))
    assert nowhere.refused("init", "--yes") == "setup_refused"
    assert str(path) in nowhere("init", "--yes").err
    assert path.read_bytes() == b"precious"
    assert sorted(tmp_path.rglob("*")) == before


def test_init_leaves_nothing_behind_where_it_fails(nowhere, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    assert nowhere("init", "--yes", "--json").code == 1
    assert not nowhere.file.exists()
    assert not (tmp_path / "keys/root.key").exists()


def test_init_asks_and_takes_no_for_an_answer(nowhere) -> None:
    assert nowhere("init", answer="n\nn\n").code == 1
    assert not nowhere.file.exists()
    assert nowhere("init", answer="\ny\n").code == 0
    assert nowhere.file.exists()
    assert load_config(nowhere.file).kiosk.frontage == "staff"


@pytest.mark.parametrize(
    ("told", "answer"), [((), "y\ny\n"), (("--frontage", "public"), "y\n"), (("--frontage", "public", "--yes"), "")]
)
def test_a_public_frontage_is_asked_for_or_told(nowhere, told: tuple[str, ...], answer: str) -> None:
    assert nowhere("init", *told, answer=answer).code == 0
    assert load_config(nowhere.file).kiosk.frontage == "public"
