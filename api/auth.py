"""Credentials of API clients: API keys with a look-up prefix, kept as a keyed hash, and short-lived tokens. No HTTP here."""

import hashlib
import hmac
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jwt

from api.clock import Clock, passed
from api.errors import ApiError
from api.ports import Store
from api.records import Client, FormerKey

GRANTS = ("enroll", "authenticate", "read_events", "erase", "waive_liveness")
"""What a client may be allowed; nothing by default."""

ISSUER = "facekiosk"
AUDIENCE = "facekiosk-api"
ALGORITHM = "HS256"
LONGEST_S = 3600
OLD_KEY_S = 90 * 86_400.0
"""Age from which a key ought to be changed, seconds."""
_CLAIMS = {"iss": str, "aud": str, "sub": str, "key": str, "iat": int, "exp": int, "boot": str, "boot_exp": int}
_PREFIX_ALPHABET = string.ascii_lowercase + string.digits
_PREFIX_LENGTH = 8
_LONGEST_KEY = 200
_SKEW_S = 60.0
"""Seconds that a token may come from the future: the clock was set back a little meanwhile."""

KeyHash = Callable[[str], bytes]
"""The keyed hash (HMAC-SHA256 under the pepper) by which API keys are kept."""


@dataclass(frozen=True, slots=True, repr=False)
class ApiKey:
    """A new key: `fk_<prefix>_<secret>`, to be shown once and never kept."""

    prefix: str
    text: str


def new_api_key() -> ApiKey:
    """A random key: 41 bits of prefix to look it up by, 256 bits of secret."""
    prefix = "".join(secrets.choice(_PREFIX_ALPHABET) for _ in range(_PREFIX_LENGTH))
    return ApiKey(prefix, f"fk_{prefix}_{secrets.token_urlsafe(32)}")


def prefix_of(api_key: str) -> str | None:
    """The look-up prefix of a key; None where it has not the form of one."""
    parts = api_key.split("_", 2)
    if len(parts) != 3 or parts[0] != "fk" or len(parts[1]) != _PREFIX_LENGTH or not parts[2]:
        return None
    return parts[1] if parts[1].isascii() and parts[1].isalnum() else None


def rotated(client: Client, key: ApiKey, key_hash: KeyHash, overlap_s: float, clock: Clock) -> Client:
    """The client with a new key; the one that it had stays good for `overlap_s` more, the one before that for none."""
    former = FormerKey(
        prefix=client.key_prefix,
        hash=client.key_hash,
        until=clock.wall() + overlap_s,
        boot_id=clock.boot_id,
        until_boot=clock.boot() + overlap_s,
    )
    return replace(
        client,
        key_prefix=key.prefix,
        key_hash=key_hash(key.text),
        key_created_at=clock.dated(),
        former=former if overlap_s > 0 else None,
    )


def key_age_s(client: Client, now: float | None) -> float | None:
    """Age of the client's present key, seconds; None where the time of its making, or now, is not known."""
    return None if now is None or client.key_created_at is None else max(0.0, now - client.key_created_at)


def require(client: Client, grant: str) -> None:
    """Raises `ApiError` `forbidden` where the client has not the grant."""
    if grant not in client.grants:
        raise ApiError("forbidden", f"this client has not the grant `{grant}`")


class Credentials:
    """Who a caller is. Every check reads the client's row, so that a revocation takes effect at once."""

    def __init__(self, store: Store, key_hash: KeyHash, jwt_key: bytes, clock: Clock, token_s: float = LONGEST_S) -> None:
        self._store = store
        self._key_hash = key_hash
        self._jwt_key = jwt_key
        self._clock = clock
        self._token_s = int(min(token_s, LONGEST_S))
        self._key_id = hashlib.sha256(b"facekiosk jwt key id" + jwt_key).hexdigest()[:16]
        self._nobody = key_hash("")

    async def client_of_key(self, api_key: str) -> Client:
        """The client whose key this is; `ApiError` `invalid_api_key` otherwise, in the same time for every wrong key."""
        if not api_key.isascii() or len(api_key) > _LONGEST_KEY:
            raise ApiError("invalid_api_key")
        prefix = prefix_of(api_key)
        client = None if prefix is None else await self._store.client_by_prefix(prefix)
        expected = self._nobody if client is None or prefix is None else self._hash_of(client, prefix)
        same = hmac.compare_digest(self._key_hash(api_key), expected)
        if client is None or not same or client.revoked_at is not None:
            raise ApiError("invalid_api_key")
        return client

    def _hash_of(self, client: Client, prefix: str) -> bytes:
        """What a key of this prefix must hash to; a former key whose overlap is over is nobody's."""
        if prefix == client.key_prefix:
            return client.key_hash
        former = client.former
        if former is None or prefix != former.prefix or passed(self._clock, former.boot_id, former.until_boot, former.until):
            return self._nobody
        return former.hash

    def issue(self, client: Client, key_prefix: str | None = None) -> tuple[str, float]:
        """A token for the client, and when it expires (POSIX seconds, by the wall clock as it is).

        Args:
            client: to whom.
            key_prefix: of the key that was shown for it, with which the token stands and falls; default: the present one.
        """
        # Whole seconds, rounded down: the expiry that is told is the one that is enforced.
        issued = int(self._clock.wall())
        expires = issued + self._token_s
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": client.client_id,
            "key": client.key_prefix if key_prefix is None else key_prefix,
            "iat": issued,
            "exp": expires,
            "boot": self._clock.boot_id,
            "boot_exp": int(self._clock.boot()) + self._token_s,
        }
        return jwt.encode(claims, self._jwt_key, ALGORITHM, headers={"kid": self._key_id}), float(expires)

    async def client_of_token(self, token: str) -> Client:
        """The client to whom the token was issued; `ApiError` `invalid_token` otherwise."""
        claims = self._claims(token)
        if claims["exp"] - claims["iat"] > LONGEST_S or self._expired(claims):
            raise ApiError("invalid_token")
        client = await self._store.client(claims["sub"])
        if client is None or client.revoked_at is not None or self._hash_of(client, claims["key"]) == self._nobody:
            raise ApiError("invalid_token")
        return client

    async def standing(self, client_id: str, grant: str) -> Client:
        """The client as it is now, for work that it began before: `invalid_token` once revoked, `forbidden` without the grant."""
        client = await self._store.client(client_id)
        if client is None or client.revoked_at is not None:
            raise ApiError("invalid_token")
        require(client, grant)
        return client

    def _expired(self, claims: dict[str, Any]) -> bool:
        """In the boot of its issue by the boot-time clock, so that no trusted time is needed; afterwards by the wall clock."""
        if claims["boot"] == self._clock.boot_id:
            return bool(self._clock.boot() >= claims["boot_exp"])
        now = self._clock.dated()
        return now is None or now >= claims["exp"] or claims["iat"] > now + _SKEW_S

    def _claims(self, token: str) -> dict[str, Any]:
        """Claims of a token that is ours; times are checked by the caller's clock, not by the library's."""
        if not token.isascii():
            raise ApiError("invalid_token")
        options: Any = {"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False}
        try:
            if jwt.get_unverified_header(token).get("kid") != self._key_id:
                raise ApiError("invalid_token")
            claims = jwt.decode(token, self._jwt_key, [ALGORITHM], options=options, audience=AUDIENCE, issuer=ISSUER)
        except jwt.PyJWTError:
            raise ApiError("invalid_token") from None
        if any(type(claims[name]) is not kind for name, kind in _CLAIMS.items()):
            raise ApiError("invalid_token")
        return claims
