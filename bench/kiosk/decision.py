"""Face in range to the command to the lock, for each level of liveness, and what a second costs with nobody and with somebody.

A recording answers no challenge: the level that makes one of everybody is timed on the rendered person, who obeys, in real time.
"""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import psutil

from bench.injections.times import on_the_demo
from bench.kiosk.scene import Scene, change, scene
from bench.kiosk_run import Running, running
from inference.duty import Networks
from inference.liveness.policy import POLICIES as POLICIES_OF
from inference.liveness.policy import Challenging, Level
from inference.settings import ProcessSettings

POLICIES = tuple(level.value for level in Level)
"""The levels that this version of the kiosk has."""
SETTLE_S = 8.0
"""Seconds after which vision rests where nobody is there: more than `vision.idle_after_s`."""


def measure(policies: Sequence[str], shows: int, say: Callable[[str], None]) -> dict[str, Any]:
    """For each policy the times of `shows` decisions about the enrolled person; a level that the clip cannot satisfy says so."""
    found: dict[str, Any] = {}
    with scene() as made:
        if made is None:
            return {"skipped": "evaluation data absent"}
        for policy in policies:
            say(f"policy {policy}")
            asks = POLICIES_OF[Level(policy)].challenge is Challenging.ALWAYS
            found[policy] = _obeyed(shows) if asks else _decisions(made, policy, shows)
    return found


def _obeyed(shows: int) -> dict[str, Any]:
    """Seconds from the rendered person's first face to the session's decision; the passive network is left out."""
    networks = Networks.open(ProcessSettings())
    try:
        times = on_the_demo(networks, shows, "real-time")
    finally:
        networks.close()
    return {"on": "demo", **_told(shows, [took for took in times if took is not None], times.count(None))}


def _decisions(made: Scene, policy: str, shows: int) -> dict[str, Any]:
    """Milliseconds from the visit's first face to its end, which comes after the command to the lock.

    The kiosk is started anew for every two shows: what integrity remembers would make the third that of a recording.

    Whom a level asks for what a recording cannot do goes away undecided, or is refused.
    """
    change(made.config, "policy", f'"{policy}"')
    line = r"^(granted|refused) .* (\d+) ms$"
    told = []
    for _ in range(0, shows, 2):
        with running(made.config, str(made.visits)) as kiosk:
            kiosk.wait_for(r"^ready after")
            time.sleep(2 * made.period_s)
            told += [match for _, each in list(kiosk.lines) if (match := re.match(line, each))]
    shows += shows % 2
    granted = [int(match[2]) / 1000 for match in told if match[1] == "granted"]
    return _told(shows, granted, len(told) - len(granted))


def _told(shows: int, granted: list[float], refused: int) -> dict[str, Any]:
    times = {"p50_s": _percentile(granted, 50), "p95_s": _percentile(granted, 95)} if granted else {}
    return {"shows": shows, "refused": refused, "granted": len(granted), "all_s": [round(took, 3) for took in granted], **times}


def _percentile(values: list[float], percent: float) -> float:
    return round(float(np.percentile(values, percent)), 3)


def cost(seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Share of one core that control and vision@camera take, with nobody there and with somebody there all the time."""
    with scene() as made:
        if made is None:
            return {"skipped": "evaluation data absent"}
        found = {}
        for name, clip in (("idle", made.nobody), ("active", made.somebody)):
            say(f"cost per second, {name}")
            with running(made.config, str(clip)) as kiosk:
                kiosk.wait_for(r"^ready after")
                time.sleep(SETTLE_S)
                found[name] = _share(kiosk, seconds)
    return found


def _share(kiosk: Running, seconds: float) -> dict[str, float]:
    before, began = _cpu_s(kiosk), time.monotonic()
    time.sleep(seconds)
    after, took = _cpu_s(kiosk), time.monotonic() - began
    shares = {name: round((after[name] - before[name]) / took, 3) for name in before if name in after}
    return {**shares, "together": round(sum(shares.values()), 3)}


def _cpu_s(kiosk: Running) -> dict[str, float]:
    return {name: sum(process.cpu_times()[:2]) for name, process in processes(kiosk).items()}


def processes(kiosk: Running) -> dict[str, psutil.Process]:
    """Control and the vision instances that run now."""
    found = {"control": psutil.Process(kiosk.process.pid)}
    for child in found["control"].children(recursive=True):
        words = child.cmdline()
        if "inference.vision" in words:
            found[f"vision@{words[words.index('inference.vision') + 1]}"] = child
    return found
