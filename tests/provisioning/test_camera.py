"""`kioskctl camera` on the demo and on what is not there."""

import json
from pathlib import Path

from typer.testing import CliRunner

from device.config import load_config
from device.peer import listen_privately, private_folder
from provisioning.app import app
from tests.provisioning.conftest import Kioskctl


def test_cameras_are_listed(kioskctl: Kioskctl) -> None:
    demo = kioskctl.json("camera", "list")["cameras"][-1]
    assert (demo["source"], demo["live"]) == ("demo", False)
    assert "rendered people" in kioskctl("camera", "list").out
    assert not demo["configured"]
    kioskctl.file.write_text(kioskctl.file.read_text().replace('# source = "auto"', 'source = "demo"'))
    assert kioskctl.json("camera", "list", "--config", str(kioskctl.file))["cameras"][-1]["configured"]
    assert kioskctl.refused("camera", "list", "--config", "nowhere.toml") == "invalid_configuration"


def test_a_camera_is_tried_and_its_picture_taken(kioskctl: Kioskctl, tmp_path: Path) -> None:
    told = kioskctl.json("camera", "test", "--camera", "demo", "--seconds", "1")
    assert (told["source"], told["width"], told["height"]) == ("demo", 640, 480)
    assert 20 < told["fps"] < 26
    assert kioskctl.json("camera", "snapshot", str(tmp_path / "aim.jpg"), "--camera", "demo")["width"] == 640
    assert (tmp_path / "aim.jpg").stat().st_mode & 0o777 == 0o600
    for name, said in (("aim.jpg", "there already"), ("none/aim.jpg", "no folder"), ("aim.txt", ".jpg or .jpeg or .png")):
        answer = kioskctl("camera", "snapshot", str(tmp_path / name), "--camera", "argus", "--json")
        assert (answer.code, said in answer.out + answer.err) == (2, True)


def test_no_configuration_is_needed_for_a_named_source(tmp_path: Path) -> None:
    arguments = ["camera", "test", "--camera", "demo", "--seconds", "1", "--json"]
    done = CliRunner().invoke(app, arguments, env={"FACEKIOSK_CONFIG": str(tmp_path / "none.toml")})
    assert json.loads(done.stdout)["source"] == "demo"


def test_a_camera_that_is_not_there_is_refused(kioskctl: Kioskctl) -> None:
    assert kioskctl.refused("camera", "test", "--camera", "argus") == "camera_failed"
    assert kioskctl("camera", "test", "--camera", "/dev/video.none").code == 2


def test_a_running_kiosk_keeps_its_camera(kioskctl: Kioskctl) -> None:
    config = load_config(kioskctl.file)
    kioskctl.file.write_text(kioskctl.file.read_text().replace('# source = "auto"', 'source = "v4l2"'))
    private_folder(config.socket_dir)
    with listen_privately(config.admin_socket) as listening:
        listening.listen()
        assert kioskctl.refused("camera", "test") == "camera_reserved"
        assert kioskctl.json("camera", "test", "--camera", "demo", "--seconds", "1")["source"] == "demo"
