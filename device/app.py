"""The composition root of control: makes every part in order, hands them to each other, and does nothing else.

`python -m device.app --config FILE [--camera SOURCE]`
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from api.auth import Credentials
from api.demanding import Demanding
from api.frames import FrameDesk
from api.limits import Limits
from api.links import EnrollLinks
from api.lockouts import Lockouts
from api.routes.enroll import EnrollPage
from api.server import build_app, serve
from api.services import Services
from api.sessions import SessionService
from camera.frame import boot_time
from device.admin import AdminServer
from device.admin_site.history import History, gauges
from device.admin_site.parts import AdminParts
from device.admin_site.site import AdminSite
from device.aiming import Aiming
from device.aiming_commands import AimDesk
from device.ambience import keep_ambience
from device.board import Board
from device.client_commands import keep_warning
from device.clock_commands import ClockDesk
from device.config import Config
from device.dating import date_rows
from device.door.drivers import make_door
from device.enroll_queue import EnrollQueue
from device.enrolling import Enrolling
from device.factor_commands import FactorDesk
from device.health import DeviceHealth, Watched
from device.health_log import HealthLog
from device.heartbeat import feed_watchdog
from device.integrity import Integrity, model_files
from device.journal import follow, journal_here
from device.kept_time import clock_of, keep_time
from device.keys import load_keys
from device.kiosk import Kiosk
from device.kiosk_parts import Parts
from device.lan import serve_lan
from device.lights.drivers import make_light
from device.local_camera import KioskCamera
from device.lock import hold_data
from device.main import Say, begin, introduce, notice, until_over
from device.metrics import Metrics, Sources
from device.model_commands import ModelDesk
from device.models import Models, passive_bands
from device.offline import operator_name
from device.on_need import OnNeed
from device.operations import Operations
from device.operator_commands import OperatorDesk
from device.operators.sessions import OperatorSessions
from device.operators.sign_in import SignIn, operator_parts
from device.own_vision import link_to, vision_command
from device.pad_throttle import PadThrottle
from device.peer import private_folder
from device.photos import PhotoJudge
from device.reader.desk import read_cards
from device.reader.evdev import EvdevReader
from device.recognition import recognising
from device.remote_vision import VisionRemote
from device.retention import retention
from device.screen import Screen
from device.second_factor import SecondFactor, factor_parts
from device.service_commands import Live, ServiceDesk
from device.store.store import open_store
from device.supervisor import Supervisor
from device.tasks import Tasks
from device.vision_link import Instance
from device.vision_unit import vision_unit
from device.webhooks import Webhooks
from inference import notify


@asynccontextmanager
async def vision(instance: Instance, config: Config, models: Models) -> AsyncIterator[Watched]:
    """A vision instance's socket, and who will keep it running: systemd by its unit, or a supervisor here."""
    if config.watch.keeper == "systemd":
        async with vision_unit(instance, config, models) as (link, keeper):
            yield Watched(link, keeper)
        return
    path = config.vision_socket(instance)
    async with link_to(instance, path, models, lambda: supervisor.pid) as link:
        command = vision_command(instance, path, models.seen_by(config), models.former)
        supervisor = Supervisor(link, command, config.watch_of(instance), config.final_ends)
        yield Watched(link, supervisor)


async def control(config: Config, say: Say) -> None:
    """Run control until it is told to stop, or its source is over.

    Raises:
        StoreError, ModelError, VisionRefused, DoorRefused, OSError: it cannot work; the message says why.
    """
    began = boot_time()
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        keys = load_keys(config.paths.key_file)
        stack.enter_context(hold_data(config.paths.data_dir))
        private_folder(config.socket_dir)
        store = await enter(open_store(config.database, keys))
        clock = clock_of(config.paths.data_dir, await store.newest_time())
        models, recognition = await enter(recognising(store, config, clock))
        camera, remote = await enter(vision("camera", config, models)), await enter(vision("remote", config, models))
        demanding = Demanding(config.liveness, passive_bands(config.vision), clock)
        sessions = SessionService(store, recognition, config.session, clock, Lockouts(store, config.lockout, clock), demanding)
        await sessions.resume()
        on_need = OnNeed(remote.link, remote.supervisor, config.watch)
        judge = VisionRemote(remote.link, on_need.need, config.api.vision_timeout_s)

        factors = factor_parts(store, keys.hash_api_key, clock)
        board = Board(notice(config))
        door = await enter(make_door(config.door, store, clock))
        factor = SecondFactor(factors, PadThrottle(store.factors, config.pad, clock))
        parts = Parts(camera.link, sessions, store, door, clock, board, say, factor)
        kiosk = Kiosk(parts, config.kiosk, config.door, config.pad)
        local = KioskCamera(camera.link, camera.supervisor, kiosk, board)
        data = config.paths.data_dir
        integrity = Integrity(
            store, lambda: model_files(config.vision, recognition.compared), lambda: not any(sessions.running().values())
        )
        screen = Screen(board, camera.link, kiosk)
        health = DeviceHealth(camera, remote, store, door, models.model.path, clock, began, data, integrity)
        health.beat = lambda: screen.beat_at

        photos = PhotoJudge(judge, clock, config.session.face_min_quality_score)
        enrolling = Enrolling(store, recognition, sessions, photos, local, clock, operator_name())
        desk = ModelDesk(store, config.vision, clock, operator_name(), models)
        factor_desk = FactorDesk(factors, config.pad.pin_digits, operator_name())
        aiming = Aiming(camera.link, config.vision.zone)
        aim = AimDesk(aiming, config.lan, store.factors, clock, operator_name())
        service = ServiceDesk(ClockDesk(store.factors, clock, operator_name(), data), Live(health.report, aim))
        operator_rows = operator_parts(store, keys.hash_api_key, clock, config.operators)
        signed_in = OperatorSessions(config.operators, clock.boot)
        accounts = OperatorDesk(operator_rows, operator_name(), signed_in.end_of)
        operations = Operations(
            store, recognition, enrolling, local, config, keys.hash_api_key, health.health, desk, factor_desk, service, accounts
        )
        credentials = Credentials(store, keys.hash_api_key, keys.jwt, clock, config.api.jwt_minutes * 60)
        frames = FrameDesk(judge, sessions, clock)
        services = Services(store, sessions, frames, credentials, recognition, clock, config.api, health.readiness)
        services = replace(services, limits=Limits(config.limits, clock.boot))
        metrics = Metrics(Sources(store, sessions, door, (camera, remote), clock))
        if journal_here() is not None:
            follow(store.watch)
        app = build_app(services, screen.mount, metrics.mount)

        tasks = await enter(Tasks())
        tasks.vital("camera", camera.supervisor.run())
        tasks.vital("kiosk", kiosk.run())
        if config.pad.reader:
            reader = Path(config.pad.reader)
            tasks.helper("card reader", read_cards(lambda: EvdevReader(reader), partial(kiosk.present, "card")))
        light = stack.enter_context(make_light(config.light))
        tasks.helper("ambience", keep_ambience(camera.link.observations, board, light, config.light, clock))
        tasks.helper("vision@remote", on_need.run())
        tasks.helper("key ages", keep_warning(store, clock))
        tasks.helper("retention", retention(store, clock, config.events))
        tasks.helper("kept time", keep_time(data, clock))
        tasks.helper("integrity", integrity.run())
        tasks.helper("dating", date_rows(store, clock))
        tasks.helper("health", HealthLog(store, health.readiness, clock).run())
        tasks.helper("watchdog", feed_watchdog(store.ping))
        tasks.helper("webhooks", Webhooks(store, clock, config.events).run())
        port = await enter(serve(app, config.listen.host, config.listen.port))
        links = EnrollLinks(store, sessions, keys.hash_api_key, clock, config.enroll)
        queue = EnrollQueue(enrolling, operator_rows)
        stack.push_async_callback(queue.stop)
        history = History(gauges(camera.link, health), clock.boot)
        tasks.helper("history", history.run())
        signing = SignIn(operator_rows)
        admin = AdminParts(store, operations, operator_rows, signing, signed_in, queue, sessions, door, history, health, config)
        await enter(serve_lan(config.lan, services, say, EnrollPage(links).mount, aiming.mount, AdminSite(admin).mount))
        await enter(AdminServer(operations, config.admin_socket))
        notify.ready(f"policy {config.liveness.policy}, door {door.driver}")
        stack.callback(notify.stopping)
        say(f"facekiosk: the screen is at http://{config.listen.host}:{port}/kiosk/")
        tasks.vital("introduction", introduce(camera, config, door, board, say, began))
        await until_over(tasks)


if __name__ == "__main__":
    begin(control)
