"""What `kioskctl init --appliance` plans and hands over; that it then works is tested on a booted system."""

import os
import pwd
from pathlib import Path

import pytest

from device import offline
from device.setup import SetupRefused, create, hand_over, plan


def test_the_plan_is_that_of_the_units(root: Path, tmp_path: Path) -> None:
    text, planned = plan(tmp_path / "facekiosk.toml", appliance=True)
    assert planned.watch.keeper == "systemd"
    unit = (root / "systemd/system/facekiosk.service").read_text(encoding="utf-8")
    assert f"RuntimeDirectory={planned.paths.run_dir.name}\n" in unit
    for path in (planned.paths.data_dir, planned.paths.key_file, planned.lan.key, planned.lan.authority_key):
        assert path.is_relative_to("/var/lib/facekiosk")
    vision = (root / "systemd/system/facekiosk-vision@.service").read_text(encoding="utf-8")
    for name in ("camera", "remote"):
        assert str(planned.vision_socket("%i")) in vision
        assert f"User={getattr(planned.watch, f'{name}_user').replace(name, '%i')}\n" in vision
    assert 'keeper = "systemd"' in text


def test_data_and_keys_go_to_the_user_or_nothing_is_said_to_be_done(tmp_path: Path) -> None:
    text, _ = plan(tmp_path / "facekiosk.toml")
    config = create(tmp_path / "facekiosk.toml", text)
    hand_over(config, pwd.getpwuid(os.getuid()).pw_name)
    assert config.database.stat().st_uid == os.getuid()
    with pytest.raises(SetupRefused, match="make install"):
        hand_over(config, "nobody-of-this-name")


def test_only_root_becomes_somebody_else_and_only_the_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[tuple[str, object]] = []
    for name in ("initgroups", "setresgid", "setresuid"):
        monkeypatch.setattr(os, name, lambda *given, name=name: became.append((name, given)))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    offline.become_owner(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    offline.become_owner(tmp_path / "absent")
    assert became == []
    monkeypatch.setattr(
        Path, "stat", lambda *_, **__: os.stat_result((0o40700, 0, 0, 2, pwd.getpwnam("daemon").pw_uid, 1, 0, 0, 0, 0))
    )
    monkeypatch.setenv("SUDO_USER", "ann")
    offline.become_owner(tmp_path)
    daemon = pwd.getpwnam("daemon")
    assert [name for name, _ in became] == ["initgroups", "setresgid", "setresuid"]
    assert became[2][1] == (daemon.pw_uid,) * 3
