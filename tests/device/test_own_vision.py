"""What a vision process is told."""

import pytest

from device.config import parse_config
from device.own_vision import told_to_vision


@pytest.mark.parametrize(("keeper", "source", "told"), [
    ("systemd", "auto", "camera"),
    ("systemd", "demo", "demo"),
    ("control", "auto", "auto"),
])  # fmt: skip
def test_an_appliance_waits_for_a_camera_where_others_show_the_demo(keeper, source, told, tmp_path):
    text = f'[camera]\nsource = "{source}"\n[watch]\nkeeper = "{keeper}"\n'
    assert told_to_vision(parse_config(text, tmp_path / "facekiosk.toml")).camera.source == told
