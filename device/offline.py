"""The operations without a running kiosk: kioskctl holds the data directory's lock and works on the store itself."""

import os
import pwd
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from api.sessions import SessionService
from camera.frame import boot_time
from device.asker import behind_sudo, user_name
from device.clock import SystemClock
from device.clock_commands import ClockDesk
from device.config import Config
from device.enrolling import Enrolling
from device.factor_commands import FactorDesk
from device.kept_time import clock_of, read_lowered
from device.keys import Keys, load_keys
from device.lock import hold_data
from device.model_commands import ModelDesk
from device.needs import demanding
from device.operations import Health, Operations
from device.operator_commands import OperatorDesk
from device.operators.sign_in import operator_parts
from device.own_vision import OwnCamera, OwnVision, own_remote
from device.photos import PhotoJudge
from device.recognition import recognising
from device.second_factor import factor_parts
from device.service_commands import ServiceDesk
from device.status_commands import VisionStatus
from device.store.store import SqlCipherStore, open_store


@asynccontextmanager
async def offline(config: Config) -> AsyncIterator[Operations]:
    """Open lock, keys, store and gallery; vision is started when a command needs it.

    Raises:
        StoreError: the key or the database cannot be used, or another process holds them; the message says which.
        ModelError: the model of the manifest cannot be used.
    """
    began = boot_time()
    async with AsyncExitStack() as stack:
        store, clock, keys = await stack.enter_async_context(opened(config))
        models, recognition = await stack.enter_async_context(recognising(store, config, clock))
        vision = await stack.enter_async_context(OwnVision("remote", config, models))
        camera = OwnCamera(config, models)
        enrolling = Enrolling(
            store=store,
            recognition=recognition,
            sessions=SessionService(store, recognition, config.session, clock, demanding=demanding(config, clock)),
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
            models=ModelDesk(store, config.vision, clock, operator_name(), models),
            service=ServiceDesk(ClockDesk(store.factors, clock, operator_name(), config.paths.data_dir)),
            factors=FactorDesk(factor_parts(store, keys.hash_api_key, clock), config.pad.pin_digits, operator_name()),
            operators=OperatorDesk(operator_parts(store, keys.hash_api_key, clock, config.operators), operator_name()),
        )


@asynccontextmanager
async def opened(config: Config) -> AsyncIterator[tuple[SqlCipherStore, SystemClock, Keys]]:
    """Lock, keys and store alone, and the clock: enough where no face is looked at.

    Raises:
        StoreError: as `offline`.
    """
    become_owner(config.paths.data_dir)
    keys = load_keys(config.paths.key_file)
    with hold_data(config.paths.data_dir):
        async with open_store(config.database, keys) as store:
            yield store, clock_of(config.paths.data_dir, await store.newest_time(read_lowered(config.paths.data_dir))), keys


@asynccontextmanager
async def offline_models(config: Config) -> AsyncIterator[ModelDesk]:
    """What is asked about models, without opening any: also where the one in use is gone.

    Raises:
        StoreError: as `offline`.
    """
    async with opened(config) as (store, clock, _):
        yield ModelDesk(store, config.vision, clock, operator_name())


def become_owner(folder: Path) -> None:
    """As root, go on as the user who has the folder: a file that root leaves there, the kiosk's own user could not open."""
    if os.geteuid() != 0 or not folder.exists() or (owner := folder.stat().st_uid) == 0:
        return
    os.environ.setdefault("SUDO_USER", user_name(os.getuid()))
    who = pwd.getpwuid(owner)
    os.initgroups(who.pw_name, who.pw_gid)
    os.setresgid(who.pw_gid, who.pw_gid, who.pw_gid)
    os.setresuid(owner, owner, owner)


def operator_name() -> str:
    """Who asked: the user behind sudo, else the one of this process."""
    return behind_sudo() or user_name(os.getuid())


def _health(uptime_s: float, vision: OwnVision) -> Health:
    return Health(
        control=False, uptime_s=uptime_s, camera=VisionStatus(state="stopped"), remote=vision.status(), door_state="not driven"
    )
