"""How fast clients and addresses may call: token buckets, bounded in number. What a refusal looks like is not known here."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.errors import ApiError

_MOST_KEYS = 4096
_NETWORK_BITS = 64
"""Of an IPv6 address: one household has at least so many addresses, and may take a new one for every call."""


class LimitSettings(BaseModel):
    """How fast clients and addresses may call. Each limit is a rate, and a burst that may come at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_rate: Annotated[float, Field(description="Requests a second of one client.", gt=0, le=100_000)] = 60
    client_burst: Annotated[int, Field(description="Requests of one client that may come at once.", ge=1, le=100_000)] = 240
    address_rate: Annotated[float, Field(description="Requests a second from one address.", gt=0, le=100_000)] = 120
    address_burst: Annotated[int, Field(description="Requests from one address that may come at once.", ge=1, le=100_000)] = 480
    message_rate: Annotated[float, Field(description="Messages a second on one socket.", gt=0, le=10_000)] = 60
    message_burst: Annotated[int, Field(description="Messages on one socket that may come at once.", ge=1, le=10_000)] = 120
    wrong_keys_a_minute: Annotated[float, Field(description="Wrong API keys a minute from one address.", gt=0, le=6000)] = 6
    wrong_keys_burst: Annotated[
        int, Field(description="Wrong API keys from one address before it has to wait.", ge=1, le=1000)
    ] = 10


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_s` tokens come back a second, up to `burst`."""

    per_s: float
    burst: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tokens as they were at a time (boot-time seconds)."""

    tokens: float
    at: float


def full(rate: Rate, now: float) -> Bucket:
    """A bucket that nothing was taken from."""
    return Bucket(rate.burst, now)


def filled(bucket: Bucket, rate: Rate, now: float) -> Bucket:
    """The bucket at `now`; time never runs back."""
    now = max(now, bucket.at)
    return Bucket(min(rate.burst, bucket.tokens + (now - bucket.at) * rate.per_s), now)


def take(bucket: Bucket, rate: Rate, now: float) -> tuple[Bucket, float]:
    """Take one token: the bucket after it, and the seconds to wait where there was none (then nothing was taken)."""
    bucket = filled(bucket, rate, now)
    if bucket.tokens >= 1:
        return Bucket(bucket.tokens - 1, bucket.at), 0.0
    return bucket, (1 - bucket.tokens) / rate.per_s


class Buckets:
    """One bucket a key. Past `most` keys the one used longest ago goes: it is the fullest, or nearly."""

    def __init__(self, rate: Rate, clock: Callable[[], float], most: int = _MOST_KEYS) -> None:
        self._rate = rate
        self._clock = clock
        self._most = most
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str) -> float:
        """Take a token; 0, or the seconds until there is one."""
        now = self._clock()
        bucket, wait = take(self._buckets.get(key) or full(self._rate, now), self._rate, now)
        self._put(key, bucket)
        return wait

    def wait(self, key: str) -> float:
        """Seconds until there is a token; 0 where there is one. Takes none."""
        now = self._clock()
        return take(self._buckets.get(key) or full(self._rate, now), self._rate, now)[1]

    def _put(self, key: str, bucket: Bucket) -> None:
        self._buckets[key] = bucket
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)


class Limits:
    """The limits of the whole API, whichever listener a call comes by. Raises `ApiError` `rate_limited`."""

    def __init__(self, settings: LimitSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self._clock = clock
        self._clients = Buckets(Rate(settings.client_rate, settings.client_burst), clock)
        self._addresses = Buckets(Rate(settings.address_rate, settings.address_burst), clock)
        self._wrong_keys = Buckets(Rate(settings.wrong_keys_a_minute / 60, settings.wrong_keys_burst), clock)

    def from_address(self, address: str | None) -> None:
        """Count a request from an address."""
        _refuse(self._addresses.take(network_of(address)))

    def of_client(self, client_id: str) -> None:
        """Count a request of a client."""
        _refuse(self._clients.take(client_id))

    def may_try_key(self, address: str | None) -> None:
        """Refuse to look at an API key from an address that showed too many wrong ones."""
        _refuse(self._wrong_keys.wait(network_of(address)))

    def wrong_key(self, address: str | None) -> None:
        """Count a wrong API key."""
        self._wrong_keys.take(network_of(address))

    def messages(self) -> Callable[[], bool]:
        """For one socket: counts a message; False where it came too fast."""
        rate = Rate(self.settings.message_rate, self.settings.message_burst)
        buckets = Buckets(rate, self._clock, most=1)
        return lambda: buckets.take("") == 0


def _refuse(wait: float) -> None:
    if wait > 0:
        raise ApiError("rate_limited", retry_after_s=math.ceil(wait))


def network_of(address: str | None) -> str:
    """What of an address counts as one caller: an IPv4 address, an IPv6 network; empty where it is unknown."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _NETWORK_BITS), strict=False))
