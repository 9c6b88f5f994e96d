"""`kioskctl health`: a kiosk that hangs holds up no updater."""

import socket
from collections.abc import Iterator

import pytest

from device.config import load_config
from device.peer import private_folder


@pytest.fixture
def mute(kioskctl) -> Iterator[socket.socket]:
    """A control that is stopped: its socket is there, and nobody accepts."""
    path = load_config(kioskctl.file, {}).admin_socket
    private_folder(path.parent)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(1)  # so that two may wait
        yield listener


def test_a_kiosk_that_never_answers_fails_the_gate(kioskctl, mute) -> None:
    assert kioskctl.refused("health", "--gate", "--timeout", "1") == "kiosk_unreachable"


def test_nor_does_one_whose_queue_is_full_hold_up_a_command(kioskctl, mute) -> None:
    with socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as second:
        first.connect(mute.getsockname())
        second.connect(mute.getsockname())
        assert kioskctl.refused("health", "--gate", "--timeout", "60") == "kiosk_unreachable"
