"""The operations without a running kiosk: kioskctl holds the data directory's lock and works on the store itself."""

import os
import pwd
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.sessions import SessionService
from camera.frame import boot_time
from device.clock import SystemClock
from device.commands import VisionStatus
from device.config import Config
from device.enrolling import SAME_FACE_FMR, Enrolling
from device.keys import load_keys
from device.lock import hold_data
from device.operations import Health, Operations
from device.own_vision import OwnCamera, OwnVision, own_remote
from device.photos import PhotoJudge
from device.recognition import open_recognition
from device.store.store import open_store
from inference.manifest import load_manifest


@asynccontextmanager
async def offline(config: Config) -> AsyncIterator[Operations]:
    """Open lock, keys, store and gallery; vision is started when a command needs it.

    Raises:
        StoreError: the key or the database cannot be used, or another process holds them; the message says which.
        ModelError: the model of the manifest cannot be used.
    """
    began = boot_time()
    model = load_manifest(config.vision.manifest).embedding
    keys = load_keys(config.paths.key_file)
    with hold_data(config.paths.data_dir):
        async with open_store(config.database, keys) as store, OwnVision("remote", config, model.id) as vision:
            with open_recognition(model, config, await store.all_enrollments()) as recognition:
                clock = SystemClock(floor=await store.newest_time())
                camera = OwnCamera(config, model.id)
                enrolling = Enrolling(
                    store=store,
                    recognition=recognition,
                    same_face=model.calibration.cosine_at_fmr(SAME_FACE_FMR),
                    sessions=SessionService(store, recognition, config.session, clock),
                    photos=PhotoJudge(own_remote(vision, config), clock, config.session.face_min_quality_score),
                    camera=camera,
                    clock=clock,
                    operator=operator_name(),
                )
                yield Operations(
                    store=store,
                    recognition=recognition,
                    enrolling=enrolling,
                    camera=camera,
                    config=config,
                    key_hash=keys.hash_api_key,
                    health=lambda: _health(boot_time() - began, vision),
                )


def operator_name() -> str:
    """Who asked: the user behind sudo, else the one of this process."""
    return os.environ.get("SUDO_USER") or _name_of(os.getuid())


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _health(uptime_s: float, vision: OwnVision) -> Health:
    return Health(
        control=False, uptime_s=uptime_s, camera=VisionStatus(state="stopped"), remote=vision.status(), door_state="not driven"
    )
