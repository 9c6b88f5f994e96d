"""Unix sockets that only the right process may use: mode 0600, and the peer's credentials as the kernel knows them."""

import os
import socket
import stat
import struct
from dataclasses import dataclass
from pathlib import Path

_CREDENTIALS = struct.Struct("3i")


class SocketFolderRefused(OSError):
    """The folder for sockets is not ours alone."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Process and user at the other end of a Unix socket (unix(7), SO_PEERCRED)."""

    pid: int
    uid: int

    @classmethod
    def of(cls, connection: socket.socket) -> "Peer":
        """The peer as it was when it connected."""
        pid, uid, _ = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
        return cls(pid, uid)

    def descends_from(self, ancestor: int) -> bool:
        """Whether the peer is the process `ancestor` or a child's child of it, by /proc."""
        pid = self.pid
        while pid > 1 and pid != ancestor:
            pid = _parent(pid)
        return pid == ancestor


def _parent(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    # The name in brackets may hold anything, brackets included (proc(5)): fields are counted after the last one.
    return int(status.rpartition(")")[2].split()[1])


def private_folder(folder: Path) -> Path:
    """Make the folder with mode 0700, or check that it is a folder of ours that nobody else may write to.

    Raises:
        SocketFolderRefused: it is somebody else's, a link, or open to others.
        OSError: it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise SocketFolderRefused(f"{folder} must be a folder of this user that nobody else may write to (chmod 700)")
    return folder


def listen_privately(path: Path, group: int | None = None) -> socket.socket:
    """A listening stream socket of mode 0600, or 0660 and of `group`; a socket file left over at `path` is replaced.

    Raises:
        OSError: it cannot be made.
    """
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        # The file is made by bind() with the socket's own mode, so that there is no moment in which others may connect.
        os.fchmod(listener.fileno(), 0o600)
        listener.bind(os.fspath(path))
        if group is not None:
            os.chown(path, -1, group)
            path.chmod(0o660)
        listener.listen(4)
    except BaseException:
        listener.close()
        raise
    return listener
