"""The hash chain over the log's rows as they are stored, sealed fields included. Pure: rows and keys are handed in."""

import hashlib
import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from api.ports import StoreDamaged

Value = int | float | str | bytes | None
"""What a column holds."""

LINK_BYTES = 32


class ChainBroken(StoreDamaged):
    """The log is not the one that was written; `number` is the first row that does not fit."""

    def __init__(self, number: int, what: str) -> None:
        super().__init__(f"the log is damaged or tampered with at row {number}: {what}")
        self.number = number


@dataclass(frozen=True, slots=True)
class End:
    """One end of the chain: the row before the first one kept, or the newest."""

    number: int
    link: bytes
    mac: bytes


def link(previous: bytes, kind: str, row: Mapping[str, Value]) -> bytes:
    """The link of a row: SHA-256 over the link before it, its kind and its columns.

    Columns that are NULL do not count, so that a column added later leaves the links of older rows as they are.

    Args:
        previous: 32 bytes.
        kind: the table.
        row: column name to value as stored; any order.
    """
    digest = hashlib.sha256(previous + _field(kind.encode()))
    for name in sorted(row):
        value = row[name]
        if value is not None:
            digest.update(_field(name.encode()) + _field(_encode(value)))
    return digest.digest()


def _field(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def _encode(value: int | float | str | bytes) -> bytes:
    """One tag a type: 1 and 1.0 and "1" are different contents."""
    match value:
        case bytes():
            return b"b" + value
        case str():
            return b"s" + value.encode()
        case float():
            return b"f" + struct.pack(">d", value)
        case _:
            return b"i" + str(int(value)).encode()


def end(key: bytes, name: str, number: int, newest: bytes) -> End:
    """An end of the chain, authenticated (HMAC-SHA256), so that cutting rows off and relinking the rest is noticed."""
    return End(number, newest, _mac(key, name, number, newest))


def check_end(key: bytes, name: str, found: End) -> None:
    """Check an end's authenticator.

    Raises:
        ChainBroken: it was not made with this key.
    """
    if not hmac.compare_digest(found.mac, _mac(key, name, found.number, found.link)):
        raise ChainBroken(found.number, f"the record of the log's {name} is not the device's own")


def _mac(key: bytes, name: str, number: int, newest: bytes) -> bytes:
    return hmac.new(key, _field(name.encode()) + struct.pack(">q", number) + newest, hashlib.sha256).digest()


def check_row(previous: End, number: int, stored: bytes, kind: str, row: Mapping[str, Value] | None) -> bytes:
    """Check the row after `previous`; returns its link.

    Raises:
        ChainBroken: a row is missing, was added, or was changed.
    """
    if number != previous.number + 1:
        raise ChainBroken(previous.number + 1, "the row is missing")
    if row is None:
        raise ChainBroken(number, f"the {kind} row is missing")
    if link(previous.link, kind, row) != stored:
        raise ChainBroken(number, f"the {kind} row was changed")
    return stored
