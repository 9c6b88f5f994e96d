"""The composition root of control: makes every part in order, hands them to each other, and does nothing else.

`python -m device.app --config FILE [--camera SOURCE]`
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from api.auth import Credentials
from api.frames import FrameDesk
from api.limits import Limits
from api.links import EnrollLinks
from api.lockouts import Lockouts
from api.ports import Recognition
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
from device.clock import SystemClock
from device.clock_commands import ClockDesk
from device.config import Config
from device.dating import date_rows
from device.door.base import Door
from device.door.drivers import make_door
from device.enroll_queue import EnrollQueue
from device.enrolling import Enrolling
from device.factor_commands import FactorDesk
from device.health import DeviceHealth, Watched
from device.health_log import HealthLog
from device.heartbeat import feed_watchdog
from device.integrity import Integrity, model_files
from device.journal import follow
from device.kept_time import clock_of, keep_time, read_lowered
from device.keys import Keys, load_keys
from device.kiosk import Kiosk
from device.kiosk_parts import Parts
from device.lan import serve_lan
from device.lights.drivers import make_light
from device.lights.lamp import Lamp
from device.local_camera import KioskCamera
from device.lock import hold_data
from device.main import Say, begin, introduce, notice, until_over
from device.metrics import Metrics, Sources
from device.model_commands import ModelDesk
from device.models import Models
from device.needs import demanding
from device.offline import operator_name
from device.on_need import OnNeed
from device.operations import Operations
from device.operator_commands import OperatorDesk
from device.operators.sessions import OperatorSessions
from device.operators.sign_in import OperatorParts, SignIn, operator_parts
from device.own_vision import link_to, vision_command
from device.pad_throttle import PadThrottle
from device.page_watch import UNIT_FOLDER
from device.peer import private_folder
from device.photos import PhotoJudge
from device.reader.desk import read_cards
from device.reader.evdev import EvdevReader
from device.recognition import recognising
from device.remote_vision import VisionRemote
from device.retention import retention
from device.screen import Screen
from device.second_factor import FactorParts, SecondFactor, factor_parts
from device.seen import SeenKeeper
from device.service_commands import Live, ServiceDesk
from device.store.store import SqlCipherStore, open_store
from device.supervisor import Supervisor
from device.tasks import Tasks
from device.vision_link import Instance
from device.vision_unit import vision_unit
from device.webhooks import Webhooks
from inference import notify
from inference.journal import journal_here


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


@dataclass(frozen=True, slots=True)
class Core:
    """What everything else stands on: keys, rows, faces, and vision."""

    config: Config
    began: float
    keys: Keys
    store: SqlCipherStore
    clock: SystemClock
    models: Models
    recognition: Recognition
    camera: Watched
    remote: Watched
    sessions: SessionService
    seen: SeenKeeper

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.config.paths.data_dir


@dataclass(frozen=True, slots=True)
class Front:
    """What stands before the person: door, kiosk, screen; and how they all are."""

    board: Board
    door: Door
    factors: FactorParts
    kiosk: Kiosk
    local: KioskCamera
    screen: Screen
    integrity: Integrity
    health: DeviceHealth
    lamp: Lamp


@dataclass(frozen=True, slots=True)
class Clients:
    """What remote clients use."""

    on_need: OnNeed
    judge: VisionRemote
    services: Services


@dataclass(frozen=True, slots=True)
class Operators:
    """What operators use, over SSH and on the network."""

    rows: OperatorParts
    signed_in: OperatorSessions
    enrolling: Enrolling
    aiming: Aiming
    operations: Operations


async def make_core(config: Config, stack: AsyncExitStack, clock: SystemClock | None = None) -> Core:
    """Keys, store, models and vision's sockets, opened; `clock` in place of the machine's own is for measuring."""
    began, enter = boot_time(), stack.enter_async_context
    keys = load_keys(config.paths.key_file)
    stack.enter_context(hold_data(config.paths.data_dir))
    private_folder(config.socket_dir)
    store = await enter(open_store(config.database, keys))
    clock = clock or clock_of(config.paths.data_dir, await store.newest_time(read_lowered(config.paths.data_dir)))
    models, recognition = await enter(recognising(store, config, clock))
    camera, remote = await enter(vision("camera", config, models)), await enter(vision("remote", config, models))
    lockouts = Lockouts(store, config.lockout, clock)
    sessions = SessionService(store, recognition, config.session, clock, lockouts, demanding(config, clock))
    await sessions.resume()
    keeper = SeenKeeper(sessions.seen, store.seen, clock, config.liveness.seen_hours * 3600)
    await keeper.recall()
    stack.push_async_callback(keeper.keep)
    return Core(config, began, keys, store, clock, models, recognition, camera, remote, sessions, keeper)


async def make_front(core: Core, stack: AsyncExitStack, say: Say) -> Front:
    """The door, opened, and the kiosk before it."""
    config, store, clock, camera, sessions = core.config, core.store, core.clock, core.camera, core.sessions
    factors = factor_parts(store, core.keys.hash_api_key, clock)
    board = Board(notice(config))
    door = await stack.enter_async_context(make_door(config.door, store, clock))
    factor = SecondFactor(factors, PadThrottle(store.factors, config.pad, clock))
    kiosk = Kiosk(Parts(camera.link, sessions, store, door, clock, board, say, factor), config.kiosk, config.door, config.pad)
    local = KioskCamera(camera.link, camera.supervisor, kiosk, board)
    hashed = partial(model_files, config.vision, core.recognition.compared)
    integrity = Integrity(store, hashed, lambda: not any(sessions.running().values()))
    screen = Screen(board, camera.link, kiosk)
    health = DeviceHealth(camera, core.remote, store, door, core.models.model.path, clock, core.began, core.data, integrity)
    health.beat = lambda: screen.beat_at
    health.page_expected = lambda: config.watch.keeper == "systemd" and UNIT_FOLDER.is_dir()
    lamp = stack.enter_context(Lamp(partial(make_light, config.light)))
    health.light = lambda: None if config.light.driver == "simulated" else lamp.trouble
    return Front(board, door, factors, kiosk, local, screen, integrity, health, lamp)


def make_clients(core: Core, front: Front) -> Clients:
    """The session API behind its routes."""
    config, store, clock = core.config, core.store, core.clock
    on_need = OnNeed(core.remote.link, core.remote.supervisor, config.watch)
    judge = VisionRemote(core.remote.link, on_need.need, config.api.vision_timeout_s)
    credentials = Credentials(store, core.keys.hash_api_key, core.keys.jwt, clock, config.api.jwt_minutes * 60)
    frames = FrameDesk(judge, core.sessions, clock)
    services = Services(store, core.sessions, frames, credentials, core.recognition, clock, config.api, front.health.look)
    return Clients(on_need, judge, replace(services, limits=Limits(config.limits, clock.boot)))


def make_operators(core: Core, front: Front, judge: VisionRemote) -> Operators:
    """The desks at which operators ask."""
    config, store, clock, name, hashed = core.config, core.store, core.clock, operator_name(), core.keys.hash_api_key
    photos = PhotoJudge(judge, clock, config.session.face_min_quality_score)
    enrolling = Enrolling(store, core.recognition, core.sessions, photos, front.local, clock, name)
    models = ModelDesk(store, config.vision, clock, name, core.models)
    factors = FactorDesk(front.factors, config.pad.pin_digits, name)
    aiming = Aiming(core.camera.link, config.vision.zone)
    aim = AimDesk(aiming, config.lan, store.factors, clock, name)
    service = ServiceDesk(ClockDesk(store.factors, clock, name, core.data), Live(front.health.report, aim))
    rows = operator_parts(store, hashed, clock, config.operators)
    signed_in = OperatorSessions(config.operators, clock.boot)
    accounts = OperatorDesk(rows, name, signed_in.end_of)
    health = front.health.health
    operations = Operations(
        store, core.recognition, enrolling, front.local, config, hashed, health, models, factors, service, accounts
    )
    return Operators(rows, signed_in, enrolling, aiming, operations)


def start(tasks: Tasks, core: Core, front: Front, clients: Clients) -> None:
    """Everything that runs by itself."""
    config, store, clock, kiosk = core.config, core.store, core.clock, front.kiosk
    tasks.vital("camera", core.camera.supervisor.run())
    tasks.vital("kiosk", kiosk.run())
    if config.pad.reader:
        reader = Path(config.pad.reader)
        tasks.helper("card reader", read_cards(lambda: EvdevReader(reader), partial(kiosk.present, "card")))
    tasks.helper("ambience", keep_ambience(core.camera.link.observations, front.board, front.lamp, config.light, clock))
    tasks.helper("vision@remote", clients.on_need.run())
    tasks.helper("key ages", keep_warning(store, clock))
    tasks.helper("retention", retention(store, clock, config.events))
    tasks.helper("kept time", keep_time(core.data, clock))
    tasks.helper("frames seen", core.seen.run())
    tasks.helper("integrity", front.integrity.run())
    tasks.helper("dating", date_rows(store, clock))
    tasks.helper("health", HealthLog(store, front.health.readiness, clock).run())
    tasks.helper("watchdog", feed_watchdog(store.ping))
    tasks.helper("webhooks", Webhooks(store, clock, config.events).run())


async def listen(
    core: Core, front: Front, clients: Clients, desk: Operators, tasks: Tasks, stack: AsyncExitStack, say: Say
) -> int:
    """Open everything at which somebody can ask; the port of the kiosk's page."""
    config, store, clock, enter = core.config, core.store, core.clock, stack.enter_async_context
    metrics = Metrics(Sources(store, core.sessions, front.door, (core.camera, core.remote), clock))
    app = build_app(clients.services, front.screen.mount, metrics.mount)
    port = await enter(serve(app, config.listen.host, config.listen.port))
    links = EnrollLinks(store, core.sessions, core.keys.hash_api_key, clock, config.enroll)
    queue = EnrollQueue(desk.enrolling, desk.rows)
    await queue.recall()
    stack.push_async_callback(queue.stop)
    history = History(gauges(core.camera.link, front.health), clock.boot)
    tasks.helper("history", history.run())
    rows, operations, signed_in, door, health = desk.rows, desk.operations, desk.signed_in, front.door, front.health
    admin = AdminParts(store, operations, rows, SignIn(rows), signed_in, queue, core.sessions, door, history, health, config)
    pages = EnrollPage(links).mount, desk.aiming.mount, AdminSite(admin).mount
    await enter(serve_lan(config.lan, clients.services, say, *pages))
    await enter(AdminServer(desk.operations, config.admin_socket))
    return port


async def control(config: Config, say: Say) -> None:
    """Run control until it is told to stop, or its source is over.

    Raises:
        StoreError, ModelError, VisionRefused, DoorRefused, OSError: it cannot work; the message says why.
    """
    async with AsyncExitStack() as stack:
        core = await make_core(config, stack)
        front = await make_front(core, stack, say)
        clients = make_clients(core, front)
        desk = make_operators(core, front, clients.judge)
        if journal_here() is not None:
            follow(core.store.watch)
        tasks = await stack.enter_async_context(Tasks())
        start(tasks, core, front, clients)
        port = await listen(core, front, clients, desk, tasks, stack, say)
        notify.ready(f"policy {config.liveness.policy}, door {front.door.driver}")
        stack.callback(notify.stopping)
        say(f"facekiosk: the screen is at http://{config.listen.host}:{port}/kiosk/")
        tasks.vital("introduction", introduce(core.camera, config, front.door, front.board, say, core.began))
        await until_over(tasks)


if __name__ == "__main__":
    begin(control)
