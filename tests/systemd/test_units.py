"""What `make install` puts in place, held to what the issue asks of the sandbox, by systemd's own tools."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from device.page_watch import POLL_S, UNIT_FOLDER

UNITS = ("facekiosk.service", "facekiosk-vision@camera.service", "facekiosk-vision@remote.service")
EXPOSURE_MAX = 2.0


def may_try_rules() -> bool:
    """Whether udev's rules may be tried here."""
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0


@pytest.fixture(scope="module")
def image(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image's root with the appliance in it, and stand-ins for the programs that the units name."""
    image = tmp_path_factory.mktemp("image")
    subprocess.run([root / "scripts/install.sh", image], check=True, capture_output=True, text=True, timeout=50)
    for program in ("opt/facekiosk/.venv/bin/python", "usr/bin/cage"):
        (image / program).parent.mkdir(parents=True, exist_ok=True)
        (image / program).write_text("#!/bin/sh\n")
        (image / program).chmod(0o755)
    return image


@pytest.fixture(scope="module")
def jetson(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, of a Jetson."""
    image = tmp_path_factory.mktemp("jetson")
    (image / "etc").mkdir()
    (image / "etc/nv_tegra_release").write_text("# R36\n")
    subprocess.run([root / "scripts/install.sh", image], check=True, capture_output=True, text=True, timeout=50)
    return image


def settings(image: Path, unit: str) -> dict[str, list[str]]:
    """All settings of a unit's service, drop-ins included, in order."""
    folder, found = image / "usr/lib/systemd/system", dict[str, list[str]]()
    template = re.sub(r"@.*\.", "@.", unit)
    for file in (folder / template, *sorted((folder / f"{unit}.d").glob("*.conf"))):
        section = file.read_text().partition("[Service]\n")[2].partition("\n[Install]")[0]
        for line in section.splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.partition("=")
                found.setdefault(name, []).append(value)
    return found


def test_what_the_program_needs_is_installed_and_what_it_does_not_is_not(image: Path, root: Path) -> None:
    prefix = image / "opt/facekiosk"
    for name in ("device/app.py", "inference/vision.py", "models/manifest.toml", "scripts/setup.sh", "docs/installer.md"):
        assert (prefix / name).is_file(), name
    assert not (prefix / "models/build").exists()
    assert not list(prefix.rglob("__pycache__"))
    assert (image / "usr/bin/kioskctl").readlink() == Path("/opt/facekiosk/.venv/bin/kioskctl")
    assert not list((image / "etc/facekiosk").iterdir())


def test_installing_again_leaves_nothing_of_before(image: Path, root: Path) -> None:
    stale = image / "opt/facekiosk/device/gone.py"
    stale.write_text("")
    subprocess.run([root / "scripts/install.sh", image], check=True, capture_output=True, text=True, timeout=50)
    assert not stale.exists()


def test_every_user_of_a_unit_is_made(image: Path) -> None:
    made = set(re.findall(r"^u (\S+)", (image / "usr/lib/sysusers.d/facekiosk.conf").read_text(), re.MULTILINE))
    asked = set()
    for unit in (*UNITS, "facekiosk-screen.service"):
        found, instance = settings(image, unit), unit.partition("@")[2].removesuffix(".service")
        asked |= {found["User"][0].replace("%i", instance), found["Group"][0].replace("%i", instance)}
    assert asked == made


def test_the_limits_are_those_that_the_configuration_tells(image: Path, root: Path) -> None:
    camera = settings(image, "facekiosk-vision@camera.service")
    told = (root / "docs/configuration.md").read_text(encoding="utf-8")
    for name in ("WatchdogSec", "TimeoutStartSec"):
        assert re.search(rf"`{name}` of (\d+)", told)[1] == camera[name][-1]


def test_every_group_of_devices_that_a_unit_names_is_there(image: Path, jetson: Path) -> None:
    made = set(re.findall(r"^[gu] (\S+)", (image / "usr/lib/sysusers.d/facekiosk.conf").read_text(), re.MULTILINE))
    units = [settings(jetson, unit) for unit in (*UNITS, "facekiosk-screen.service")]
    asked = {group for found in units for line in found.get("SupplementaryGroups", ()) for group in line.split()}
    assert {"video", "render"} <= asked <= made


def test_vision_has_no_network_and_no_keys_and_control_no_camera(image: Path) -> None:
    control = settings(image, "facekiosk.service")
    assert control["PrivateDevices"] == ["yes"]
    for instance in ("camera", "remote"):
        vision = settings(image, f"facekiosk-vision@{instance}.service")
        assert vision["PrivateNetwork"] == ["yes"]
        assert vision["RestrictAddressFamilies"] == ["AF_UNIX"]
        assert "-/var/lib/facekiosk" in vision["InaccessiblePaths"][0].split()
    assert "DeviceAllow" not in settings(image, "facekiosk-vision@remote.service")


def test_only_a_jetsons_camera_is_less_confined(image: Path, jetson: Path) -> None:
    assert all(settings(image, unit)["MemoryDenyWriteExecute"] == ["yes"] for unit in UNITS)
    found = {unit: settings(jetson, unit) for unit in UNITS}
    changed = [unit for unit in UNITS if found[unit] != settings(image, unit)]
    assert changed == ["facekiosk-vision@camera.service"]
    camera = found[changed[0]]
    assert camera["MemoryDenyWriteExecute"][-1] == "no"
    assert camera["BindPaths"] == ["-/tmp/argus_socket"]
    assert {"/dev/nvmap rw", "char-video4linux rw"} <= set(camera["DeviceAllow"])
    assert (camera["PrivateNetwork"], camera["PrivateTmp"]) == (["yes"], ["yes"])


def test_every_kind_of_device_of_the_camera_is_given_to_its_user_for_good(image: Path) -> None:
    rules = (image / "usr/lib/udev/rules.d/60-facekiosk.rules").read_text(encoding="utf-8")
    given = re.findall(r'^SUBSYSTEM=="(\w+)", GROUP:="facekiosk-camera", MODE:="0660"', rules, re.MULTILINE)
    asked = settings(image, "facekiosk-vision@camera.service")["DeviceAllow"]
    assert {f"char-{kind} rw" for kind in given} == set(asked)


@pytest.mark.system
@pytest.mark.skipif(not may_try_rules(), reason="needs root and namespaces")
def test_a_boards_later_rules_do_not_take_the_camera_away(image: Path, tmp_path: Path) -> None:
    """The rules on a device that every machine has, in place of a camera's, with a board's rules behind them; none is changed."""
    rules = (image / "usr/lib/udev/rules.d/60-facekiosk.rules").read_text(encoding="utf-8")
    stand_in = rules.replace("video4linux", "mem").replace("facekiosk-camera", "games").replace("0660", "0640")
    (tmp_path / "60-facekiosk.rules").write_text(stand_in, encoding="utf-8")
    (tmp_path / "99-com.rules").write_text('SUBSYSTEM=="mem", GROUP="video", MODE="0660"\n', encoding="utf-8")
    script = f"""
        mount --make-rprivate / && mount -t tmpfs tmpfs /dev && mknod /dev/full c 1 7 && mknod -m 666 /dev/null c 1 3
        mount -t tmpfs tmpfs /run && mkdir -p /run/udev/rules.d && cp {tmp_path}/*.rules /run/udev/rules.d
        udevadm test --action=add /sys/class/mem/full >&2; stat -c '%G %a' /dev/full"""
    done = subprocess.run(["unshare", "--mount", "bash", "-ec", script], capture_output=True, text=True, timeout=50)
    assert done.stdout.strip() == "games 640", done.stderr
    assert "ID_SEAT=seat-facekiosk" in done.stderr


@pytest.mark.skipif(not shutil.which("systemctl"), reason="needs systemd's systemctl")
def test_enabling_the_target_enables_the_screen_which_can_be_left_out(image: Path) -> None:
    def systemctl(*words: str) -> str:
        done = subprocess.run(["systemctl", f"--root={image}", *words], capture_output=True, text=True, timeout=50)
        return done.stdout.strip()

    wanted = image / "etc/systemd/system"
    systemctl("enable", "facekiosk.target")
    try:
        assert (wanted / "multi-user.target.wants/facekiosk.target").is_symlink()
        assert (wanted / "facekiosk.target.wants/facekiosk-screen.service").is_symlink()
        systemctl("disable", "facekiosk-screen.service")
        enabled = [systemctl("is-enabled", unit) for unit in ("facekiosk.target", "facekiosk-screen.service")]
        assert enabled == ["enabled", "disabled"]
    finally:
        shutil.rmtree(wanted)


def test_the_screen_is_watched_over_and_shows_the_configured_page(image: Path) -> None:
    screen = settings(image, "facekiosk-screen.service")
    (command,) = screen["ExecStart"]
    assert (screen["Type"], screen["NotifyAccess"], screen["Restart"]) == (["notify"], ["main"], ["always"])
    assert float(screen["WatchdogSec"][0]) > 3 * POLL_S
    assert command.startswith("/opt/facekiosk/.venv/bin/python -m device.page_watch --config /etc/facekiosk/facekiosk.toml -- ")
    assert screen["WorkingDirectory"] == ["/opt/facekiosk"]
    assert "http" not in command
    assert not any("/etc" in path for path in screen["InaccessiblePaths"])
    assert Path("/run") / screen["RuntimeDirectory"][0] == UNIT_FOLDER


@pytest.mark.system
@pytest.mark.parametrize("unit", UNITS)
def test_the_exposure_is_small(image: Path, unit: str) -> None:
    assert shutil.which("systemd-analyze"), "make test-system needs Debian's systemd"
    assert exposure(image, unit) <= EXPOSURE_MAX


@pytest.mark.system
def test_the_exposure_of_a_jetsons_camera_is_small_too(jetson: Path) -> None:
    assert exposure(jetson, "facekiosk-vision@camera.service") <= EXPOSURE_MAX


@pytest.mark.system
@pytest.mark.parametrize(("page", "device"), [("cameras.md", "char-gpiochip rw"), ("operator.md", "…-event-kbd r")])
def test_control_stays_confined_with_the_devices_that_the_docs_give_it(
    image: Path, root: Path, tmp_path: Path, page: str, device: str
) -> None:
    (told,) = re.findall(r"```ini\n(.*?)```", (root / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)
    assert f"DeviceAllow={device}" in told.replace("/dev/input/by-id/", "")
    shutil.copytree(image, tmp_path / "image", symlinks=True)
    dropped = tmp_path / "image/etc/systemd/system/facekiosk.service.d/override.conf"
    dropped.parent.mkdir(parents=True)
    dropped.write_text(told, encoding="utf-8")
    assert exposure(tmp_path / "image", "facekiosk.service") <= EXPOSURE_MAX


@pytest.mark.system
def test_systemd_finds_no_mistake(image: Path) -> None:
    targets = image / "usr/lib/systemd/system"
    for name in ("sysinit.target", "basic.target", "multi-user.target", "shutdown.target", "network.target"):
        shutil.copy(Path("/usr/lib/systemd/system") / name, targets)
    units = ("facekiosk.target", *UNITS, "facekiosk-vision@remote.path", "facekiosk-screen.service")
    assert analyze(image, "verify", *units) == ""


@pytest.mark.system
def test_what_stays_open_of_the_screen_has_its_reason(image: Path, root: Path) -> None:
    said = analyze(image, "security", "--offline=yes", "--no-pager", "--json=short", "facekiosk-screen.service")
    settings_open = {name.split("=")[0] for name in re.findall(r'"set":false,"name":"([^"]+)"', said)}
    reasons = (root / "docs/installer.md").read_text(encoding="utf-8").partition("## The screen's sandbox")[2]
    assert {name for name in settings_open if f"`{name}" not in reasons} == set()


def exposure(image: Path, unit: str) -> float:
    said = analyze(image, "security", "--offline=yes", "--no-pager", unit)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert found, said
    return float(found[1])


def analyze(image: Path, *arguments: str) -> str:
    done = subprocess.run(["systemd-analyze", *arguments, f"--root={image}"], capture_output=True, text=True, timeout=50)
    return done.stdout + done.stderr
