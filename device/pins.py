"""PINs: which may be chosen, which numbers people get, and how a PIN is kept and checked. No store and no throttle here.

A PIN is kept as argon2id (RFC 9106) of a keyed hash of number and PIN, so that neither the database alone nor another person's
row is of use to whoever wants to guess. Nobody is ever searched for by a PIN.
"""

import asyncio
import base64
import itertools
import os
import re
import secrets
from collections.abc import Collection

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.auth import KeyHash

NUMBER = re.compile(r"[0-9]{1,8}\Z", re.ASCII)
"""A user number."""

PIN = re.compile(r"[0-9]{4,12}\Z", re.ASCII)
"""A PIN; how many digits it must have at least is a setting."""

NUMBER_DIGITS = (4, 8)
"""Fewest and most digits of a number that the device gives out."""

CROWDED = 0.1
"""Share of the numbers of one length from which longer ones are given out, so that a number is rarely somebody's by chance."""

HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1)
"""Argon2id with 64 MiB, as RFC 9106 recommends where memory is short; about a fifth of a second here."""


def refusal(pin: str, number: str, fewest: int) -> str:
    """Why this PIN may not be chosen for this number, in words; empty when it may."""
    if not PIN.match(pin) or len(pin) < fewest:
        return f"a PIN has {fewest} to 12 digits"
    steps = {(int(after) - int(before)) % 10 for before, after in itertools.pairwise(pin)}
    if steps <= {0} or steps <= {1} or steps <= {9}:
        return "digits that are all the same, or count up or down, are guessed first; choose others"
    if (len(number) >= NUMBER_DIGITS[0] and number in pin) or pin in number:
        return "the PIN must not hold the user number"
    return ""


def new_number(taken: Collection[str]) -> str:
    """A random number that nobody has; it begins with no 0."""
    fewest, most = NUMBER_DIGITS
    for digits in range(fewest, most + 1):
        low, high = 10 ** (digits - 1), 10**digits
        if sum(len(number) == digits for number in taken) > CROWDED * (high - low):
            continue
        while (number := str(low + secrets.randbelow(high - low))) in taken:
            pass
        return number
    raise ValueError("all user numbers are taken")


class PinHashes:
    """Makes and checks hashes, in a thread of their own since they are slow on purpose.

    Args:
        key_hash: the device's keyed hash.
        hasher: argon2id with its costs.
        what: names what is hashed, `pin` of a user number or `password` of an operator's name, so that none passes for another.
    """

    def __init__(self, key_hash: KeyHash, hasher: PasswordHasher = HASHER, what: str = "pin") -> None:
        self._key_hash = key_hash
        self._what = what
        self._hasher = hasher
        self._nobody = _of_nobody(hasher)

    async def make(self, number: str, pin: str) -> bytes:
        """What is kept of a PIN."""
        return (await asyncio.to_thread(self._hasher.hash, self._keyed(number, pin))).encode()

    async def fits(self, number: str, pin: str, kept: bytes | None) -> bool:
        """Whether this is the PIN; the same work is done where nothing is kept of the number."""
        fits = await asyncio.to_thread(self._verify, (kept or self._nobody).decode(), self._keyed(number, pin))
        return fits and kept is not None

    def _keyed(self, number: str, pin: str) -> bytes:
        return self._key_hash(f"{self._what} {number} {pin}")

    def _verify(self, kept: str, keyed: bytes) -> bool:
        try:
            return self._hasher.verify(kept, keyed)
        except (VerificationError, InvalidHashError):
            return False


def _of_nobody(hasher: PasswordHasher) -> bytes:
    """A hash of the same costs that nothing known fits; making it costs nothing."""
    salt, tag = (base64.b64encode(os.urandom(size)).rstrip(b"=") for size in (hasher.salt_len, hasher.hash_len))
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}".encode()
    return b"$argon2id$v=19$" + costs + b"$" + salt + b"$" + tag
