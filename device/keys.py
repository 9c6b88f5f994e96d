"""The root key's file, and the keys derived from it. What is sealed under them is not known here; no key is ever printed."""

import hashlib
import hmac
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from api.ports import StoreError, StoreKeyMissing

KEY_BYTES = 32
_LABEL = b"facekiosk/1/"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class RootKeyRefused(StoreError):
    """The root key's file is there, but cannot be used as it is: wrong size, open to others, no plain file, or unreadable."""


class RootKeyExists(StoreError):
    """A root key is never written over."""


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """What HKDF-SHA256 (RFC 5869) derives from the root key, 32 bytes each, one purpose each."""

    sqlcipher: bytes
    """Raw key of the database."""
    field: bytes
    """Wraps the keys of people and of periods."""
    pepper: bytes
    """Keys the hash of API keys."""
    jwt: bytes
    """Signs the tokens of API clients."""
    chain: bytes
    """Authenticates the ends of the log's hash chain."""

    def __repr__(self) -> str:
        return "Keys(hidden)"

    def __reduce__(self) -> NoReturn:
        """Keys leave the process in no form."""
        raise TypeError("keys are not to be pickled or copied out")

    @classmethod
    def from_root(cls, root: bytes) -> "Keys":
        """Derive every key from the 32 bytes of the root key.

        Raises:
            ValueError: not 32 bytes.
        """
        if len(root) != KEY_BYTES:
            raise ValueError(f"a root key has {KEY_BYTES} bytes, not {len(root)}")
        return cls(*(_derive(root, purpose) for purpose in ("sqlcipher", "field", "pepper", "jwt", "chain")))

    def hash_api_key(self, api_key: str) -> bytes:
        """The keyed hash (HMAC-SHA256 under the pepper) by which an API key is kept; compare in constant time."""
        return hmac.new(self.pepper, api_key.encode(), hashlib.sha256).digest()


def _derive(root: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=_LABEL + purpose.encode()).derive(root)


def create_root_key(path: Path) -> None:
    """Write a new random root key, readable by its owner only, complete or not at all.

    Raises:
        RootKeyExists: something is there already; it is left as it is.
        RootKeyRefused: the folder cannot be written.
    """
    if os.path.lexists(path):
        raise RootKeyExists(f"{path} is there already; a root key is never written over, since it opens everything stored")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_once(path, os.urandom(KEY_BYTES))
    except OSError as error:
        raise RootKeyRefused(f"cannot write the root key {path}: {error.strerror}") from error


def _write_once(path: Path, content: bytes) -> None:
    """Write, sync, then link into place: a name appears with its whole content, and never over another file."""
    fd, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(name)
    finally:
        Path(name).unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a folder's newest names survive a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def load_keys(path: Path) -> Keys:
    """Read the root key's file and derive the keys.

    Raises:
        StoreKeyMissing: no such file.
        RootKeyRefused: not a plain file of 32 bytes that only its owner can touch.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise StoreKeyMissing(
            f"the root key {path} is missing; put it back from its backup, or make a new device with `kioskctl init`"
        ) from error
    except OSError as error:
        raise RootKeyRefused(f"cannot read the root key {path}: {error.strerror}") from error
    try:
        _check(path, os.fstat(fd))
        return Keys.from_root(os.read(fd, KEY_BYTES))
    finally:
        os.close(fd)


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise RootKeyRefused(f"the root key {path} is not a plain file")
    if status.st_mode & _OTHERS:
        mode = stat.S_IMODE(status.st_mode)
        raise RootKeyRefused(f"the root key {path} is open to others (mode {mode:04o}); do `chmod 600 {path}`")
    if status.st_size != KEY_BYTES:
        raise RootKeyRefused(
            f"the root key {path} has {status.st_size} bytes instead of {KEY_BYTES}: put it back from its backup"
        )
