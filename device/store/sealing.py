"""Sealing of single fields (AES-256-GCM) to the place where they stand. Which key seals what is not known here."""

import os
from dataclasses import dataclass
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.ports import StoreDamaged

_NONCE = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed field stands: moved to another table, row or column it does not open."""

    table: str
    row: int | str
    column: str

    def bound(self) -> bytes:
        """The additional authenticated data: unambiguous, whatever the row's id."""
        return msgspec.json.encode([self.table, self.row, self.column])


def seal(key: bytes, place: Place, content: bytes) -> bytes:
    """Nonce (12 random bytes), ciphertext, tag (16 bytes)."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, place.bound())


def unseal(key: bytes, place: Place, sealed: bytes) -> bytes:
    """What was sealed at this place.

    Raises:
        StoreDamaged: altered, moved, or sealed under another key.
    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], place.bound())
    except (InvalidTag, ValueError) as error:
        raise StoreDamaged(f"a sealed field of {place.table} does not open: it was altered or moved") from error


def seal_fields(key: bytes, place: Place, fields: dict[str, Any]) -> bytes:
    """Seal named values (what JSON can hold) as one field."""
    return seal(key, place, msgspec.json.encode(fields))


def unseal_fields(key: bytes | None, place: Place, sealed: bytes) -> dict[str, Any]:
    """The named values, or none at all where the key was destroyed."""
    if key is None:
        return {}
    return msgspec.json.decode(unseal(key, place, sealed), type=dict[str, Any])
