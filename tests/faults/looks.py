"""What a kiosk says of itself while faults are injected: asked over HTTP, from outside."""

import json
import re
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from camera.frame import boot_time

ANSWER_S = 90.0
"""Seconds within which it has to answer, on a machine that is busy with other things."""


@dataclass
class Looks:
    """What the kiosk answers to somebody who asks how it is, ten times a second, whatever is broken."""

    address: str
    dead: list[str] = field(default_factory=list)
    """Why control did not say that it is alive."""
    camera: list[tuple[float, str]] = field(default_factory=list)
    """When what was said of the camera; `ok`: nothing."""

    def run(self, over: threading.Event) -> None:
        while not over.wait(0.1):
            asked = boot_time()
            try:
                with urllib.request.urlopen(f"{self.address}/healthz/", timeout=ANSWER_S):
                    pass
                self.camera.append((asked, self._ready()["checks"]["camera"]))
            except OSError as error:
                if not over.is_set():
                    self.dead.append(str(error))

    def _ready(self) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"{self.address}/readyz/", timeout=ANSWER_S) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            return dict(json.load(error))

    def named(self, since: float) -> bool:
        """Whether something was said of the camera from then on."""
        return any(said != "ok" for at, said in self.camera if at >= since)

    def unlocked(self) -> int:
        """How often the door opened, by its own count."""
        with urllib.request.urlopen(f"{self.address}/metrics/", timeout=ANSWER_S) as answer:
            text = answer.read().decode()
        return int(sum(map(float, re.findall(r'(?m)^facekiosk_door_events_total\{event="unlocked"[^}]*\} (\S+)', text))))
