"""Sockets for the right process only: the folder, the peer, and its ancestors."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from device.peer import Peer, SocketFolderRefused, private_folder


def test_a_new_folder_is_private(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "run")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert private_folder(folder) == folder


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o777)
    with pytest.raises(SocketFolderRefused, match="nobody else"):
        private_folder(tmp_path / "run")


def test_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir(mode=0o700)
    (tmp_path / "run").symlink_to(tmp_path / "there")
    with pytest.raises(SocketFolderRefused):
        private_folder(tmp_path / "run")


def test_a_peer_is_known_by_the_kernel() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert Peer.of(one) == Peer(os.getpid(), os.getuid())


def test_descent_goes_over_generations_and_not_sideways() -> None:
    with subprocess.Popen(["/bin/sh", "-c", "sleep 30 & echo $!; wait"], stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout
        grandchild = Peer(int(shell.stdout.readline()), os.getuid())
        assert grandchild.descends_from(grandchild.pid)
        assert grandchild.descends_from(shell.pid)
        assert grandchild.descends_from(os.getpid())
        assert not Peer(shell.pid, os.getuid()).descends_from(grandchild.pid)
        os.kill(grandchild.pid, 9)
    assert not Peer(1 << 22, 0).descends_from(os.getpid())
