from pathlib import Path

import pytest

from camera.discover import is_virtual, label, summary, video_devices


@pytest.fixture
def machine(tmp_path: Path) -> tuple[Path, Path]:
    """A /dev and a /sys as the kernel lays them out: a loopback, a USB camera with a metadata node, a test driver."""
    dev, sys = tmp_path / "dev", tmp_path / "sys"
    usb = sys / "devices/pci0000:00/usb1/1-1/1-1:1.0"
    drivers = sys / "bus/drivers"
    places = {
        "video0": sys / "devices/virtual/video4linux/video0",
        "video1": usb / "video4linux/video1",
        "video2": usb / "video4linux/video2",
        "video10": sys / "devices/platform/vivid.0/video4linux/video10",
    }
    (sys / "class/video4linux").mkdir(parents=True)
    (dev / "v4l/by-id").mkdir(parents=True)
    for name, place in places.items():
        place.mkdir(parents=True)
        (place / "name").write_text(f"label of {name}\n")
        (sys / "class/video4linux" / name).symlink_to(place)
        (dev / name).touch()
    for parent, driver in ((usb, "uvcvideo"), (sys / "devices/platform/vivid.0", "vivid")):
        (drivers / driver).mkdir(parents=True)
        (parent / "driver").symlink_to(drivers / driver)
        for node in (parent / "video4linux").iterdir():
            (node / "device").symlink_to(parent)
    (dev / "v4l/by-id/usb-camera-video-index0").symlink_to(dev / "video1")
    return dev, sys


def test_physical_devices_come_first_by_their_stable_path(machine):
    dev, sys = machine
    devices = video_devices(dev, sys)
    assert [device.node.name for device in devices] == ["video1", "video2", "video0", "video10"]
    assert [device.virtual for device in devices] == [False, False, True, True]
    assert devices[0].stable == dev / "v4l/by-id/usb-camera-video-index0"
    assert devices[1].stable == dev / "video2"
    assert "usb-camera-video-index0 (label of video1)" in summary(devices)


def test_a_stable_link_is_as_real_as_its_device(machine):
    dev, sys = machine
    assert not is_virtual(dev / "v4l/by-id/usb-camera-video-index0", sys)
    assert is_virtual(dev / "video0", sys)


def test_what_the_kernel_does_not_know_counts_as_virtual(machine):
    dev, sys = machine
    assert is_virtual(dev / "video99", sys)
    assert label(dev / "video99", sys) == "video99"


def test_a_machine_without_cameras(tmp_path):
    assert video_devices(tmp_path, tmp_path) == []
    assert summary([]) == "no V4L2 device is there"
