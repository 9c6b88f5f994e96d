"""A run cut into parts that stand for themselves: made in any order, by several processes, and kept if the run breaks off."""

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from bench.accuracy.metrics import Rate

LIVE = "live"
"""The clips as they are, beside the kinds of injection."""
MOST = 40
"""Sessions of one part."""


@dataclass(slots=True)
class Tally:
    """What came of some sessions."""

    sessions: int = 0
    accepted: int = 0
    alarmed: int = 0
    over_socket: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, other: Self) -> None:
        """Take in what came of others."""
        self.sessions += other.sessions
        self.accepted += other.accepted
        self.alarmed += other.alarmed
        self.over_socket += other.over_socket
        self.reasons += other.reasons

    def kept(self) -> dict[str, Any]:
        """As it is kept."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def told(self) -> dict[str, Any]:
        """For the report."""
        return {
            "accepted": Rate(self.accepted, self.sessions).to_json(),
            "alarmed": Rate(self.alarmed, self.sessions).to_json(),
            "over_socket": self.over_socket,
            "reasons": dict(self.reasons.most_common()),
        }


class Part(NamedTuple):
    """So many sessions of one kind under one policy. Every policy is sent the same streams."""

    policy: str
    kind: str
    number: int
    count: int

    def chance(self, seed: int) -> np.random.Generator:
        """What decides in it."""
        return np.random.default_rng([seed, zlib.crc32(self.kind.encode()), self.number])


def planned(policies: Iterable[str], kinds: Sequence[str], count: int, live: int) -> list[Part]:
    """`count` injected sessions for each policy, as even over the kinds as can be, and `live` ones of the clips as they are."""
    parts = []
    for policy in policies:
        shares = {kind: count // len(kinds) + (place < count % len(kinds)) for place, kind in enumerate(kinds)}
        for kind, share in (shares | {LIVE: live}).items():
            starts = range(0, share, MOST)
            parts += [Part(policy, kind, number, min(MOST, share - start)) for number, start in enumerate(starts)]
    # By turns, so that a run that is cut short has seen every kind.
    return sorted(parts, key=lambda part: part.number)


class Kept:
    """The parts that were made, a line each in a file that is taken up again by the same run and no other."""

    def __init__(self, path: Path, run: dict[str, Any]) -> None:
        self._path = path
        self.made: dict[Part, Tally] = {}
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        if lines and json.loads(lines[0]) == run:
            self.made = dict(_read(line) for line in lines[1:])
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(run) + "\n", encoding="utf-8")

    def add(self, part: Part, tally: Tally) -> None:
        """Keep what came of a part."""
        self.made[part] = tally
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"part": part, "tally": tally.kept()}) + "\n")

    def done(self) -> None:
        """The run is complete: the next one begins anew."""
        self._path.unlink()


def _read(line: str) -> tuple[Part, Tally]:
    found = json.loads(line)
    tally = found["tally"]
    return Part(*found["part"]), Tally(**tally | {"reasons": Counter(tally["reasons"])})


def merged(made: dict[Part, Tally]) -> dict[str, Any]:
    """By policy: all injections, each kind, and the clips as they are."""
    by: dict[str, dict[str, Tally]] = {}
    for part, tally in made.items():
        by.setdefault(part.policy, {}).setdefault(part.kind, Tally()).add(tally)
    return {policy: _told(kinds) for policy, kinds in by.items()}


def _told(kinds: dict[str, Tally]) -> dict[str, Any]:
    injected = {kind: tally for kind, tally in kinds.items() if kind != LIVE}
    together = Tally()
    for tally in injected.values():
        together.add(tally)
    told = {"accepted": Rate(together.accepted, together.sessions).to_json(), "over_socket": together.over_socket}
    told["kinds"] = {kind: tally.told() for kind, tally in injected.items()}
    return told | ({LIVE: kinds[LIVE].told()} if LIVE in kinds else {})
