"""Resident memory with many people enrolled: vision@remote stopped, and running."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api.records import LOCAL, DoorState, Enrollment, Origin, Person
from bench.kiosk.scene import scene
from bench.kiosk_run import Running, kioskctl, running
from bench.vectors import Population
from device.config import load_config
from device.keys import load_keys
from device.store.store import open_store
from inference.manifest import load_manifest

SETTLE_S = 20.0
LOOKS = 8


def measure(people: int, say: Callable[[str], None]) -> dict[str, Any]:
    """10^6 bytes of each process and together, after some visits; with vision@remote once it has judged photos."""
    with scene() as made:
        if made is None:
            return {"skipped": "evaluation data absent"}
        say(f"enrolling {people} made-up people")
        asyncio.run(_enroll(made.config, people))
        with running(made.config, str(made.visits)) as kiosk:
            kiosk.wait_for(r"^ready after")
            say("memory with vision@remote stopped")
            time.sleep(SETTLE_S)
            stopped = _resident(kiosk)
            say("memory with vision@remote running")
            kioskctl(made.config, "enroll", "another", *map(str, sorted(made.visits.parent.glob("*.jpg"))), "--allow-duplicate")
            both = _resident(kiosk)
    return {"people": people, "stopped_mb": stopped, "running_mb": both}


async def _enroll(file: Path, people: int) -> None:
    config, model = load_config(file), load_manifest().embedding
    async with open_store(config.database, load_keys(config.paths.key_file)) as store:
        for number, vector in enumerate(Population(people).templates(5)):
            await store.put_person(Person(LOCAL, f"person-{number}", display_name=f"Person {number}"))
            await store.add_enrollment(
                Enrollment(
                    enrollment_id=f"enrolment-{number}",
                    realm=LOCAL,
                    user_id=f"person-{number}",
                    model_id=model.id,
                    template=vector,
                    quality_score=0.9,
                    samples=5,
                    liveness_verified=True,
                    origin=Origin.KIOSK,
                    door=DoorState.CONFIRMED,
                )
            )


def _resident(kiosk: Running) -> dict[str, float]:
    """The least of some looks at each process: a moment's buffers do not stay."""
    looks = []
    for _ in range(LOOKS):
        looks.append(kiosk.resident_mb())
        time.sleep(0.25)
    found = {name: round(min(look[name] for look in looks if name in look), 1) for name in looks[-1]}
    return {**found, "together": round(sum(found.values()), 1)}
