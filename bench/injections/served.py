"""The session API over loopback with vision in the same process and a clock that moves by the frames sent, not by the wall."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
import msgspec

from api.auth import Credentials, new_api_key
from api.demanding import Demanding
from api.frames import FrameDesk
from api.limits import Limits, LimitSettings
from api.liveness_settings import LivenessSettings
from api.ports import ImageRefused
from api.recognition import GalleryRecognition
from api.records import Attempt, Client, LogRecord
from api.server import build_app, serve
from api.services import Look, Services
from api.sessions import SessionService
from api.settings import ApiSettings, SessionSettings
from camera.settings import CameraSettings
from device.clock import ManualClock
from device.keys import Keys
from device.models import passive_bands
from device.store.store import SqlCipherStore, open_store
from inference.channel import Judge
from inference.duty import Networks
from inference.gallery import Gallery
from inference.graphs import Graphs
from inference.landmarks import MediaPipeFinder, MediaPipeMesher
from inference.liveness.policy import Level
from inference.manifest import load_manifest
from inference.observation import Observation
from inference.settings import ProcessSettings, VisionSettings
from inference.vision_remote import StreamJudge

REALM = "bench"
WIDE = LimitSettings(
    client_rate=100_000,
    client_burst=100_000,
    address_rate=100_000,
    address_burst=100_000,
    message_rate=10_000,
    message_burst=10_000,
)


class InProcess:
    """`RemoteVision` without a process of its own. It notes the alarms of each stream, and can call every face live."""

    def __init__(self, judge: StreamJudge, *, deceived: bool) -> None:
        self._judge = judge
        self._deceived = deceived
        self.alarms: dict[str, tuple[str, ...]] = {}
        self.newest = ""

    async def judge(self, stream: str, image: bytes, time: float, *, track: bool = True) -> Observation:
        """As vision@remote does."""
        answer = self._judge.judge(Judge(1, stream, time, image, track))
        if answer.observation is None:
            raise ImageRefused(answer.error)
        seen, evidence = answer.observation, answer.observation.liveness
        if evidence is not None:
            self.newest = stream
            self.alarms[stream] = tuple(sorted({*self.alarms.get(stream, ()), *evidence.alarms}))
            if self._deceived and evidence.passive is not None:
                seen = msgspec.structs.replace(seen, liveness=msgspec.structs.replace(evidence, passive=1.0))
        return seen

    async def forget(self, stream: str) -> None:
        """The stream is over."""
        self._judge.forget(stream)


@dataclass(slots=True)
class Device:
    """What is served."""

    url: str
    key: str
    http: aiohttp.ClientSession
    clock: ManualClock
    store: SqlCipherStore
    sessions: SessionService
    vision: InProcess
    newest: list[Attempt] = field(default_factory=list)
    """The newest attempt written, alone."""

    def note(self, record: LogRecord) -> None:
        """The store wrote a record."""
        if isinstance(record, Attempt):
            self.newest[:] = [record]


@asynccontextmanager
async def device(policy: Level, *, deceived: bool) -> AsyncIterator[Device]:
    """A device that demands `policy` of its clients; `deceived`: the passive network calls every face live."""
    settings, model, clock = VisionSettings(), load_manifest().embedding, ManualClock()
    networks = Networks.open(ProcessSettings(camera=CameraSettings(), vision=settings))
    graphs = Graphs(MediaPipeFinder, lambda: MediaPipeMesher(tracking=True), settings.max_graphs)
    judge = StreamJudge(settings, lambda: networks.stream(settings, graphs), lambda: networks.photos(settings))
    vision, keys = InProcess(judge, deceived=deceived), Keys.from_root(bytes(32))
    with tempfile.TemporaryDirectory() as folder, Gallery(model.id, model.dimension) as gallery:
        async with open_store(Path(folder, "store.db"), keys, create=True) as store:
            recognition = GalleryRecognition(gallery, model.calibration, threshold=0.65, tries=2)
            demanding = Demanding(LivenessSettings(remote=policy.value), passive_bands(settings), clock)
            rules = SessionSettings(client_sessions=10_000, allow_waived_liveness=True)
            sessions = SessionService(store, recognition, rules, clock, demanding=demanding)
            services = Services(
                store=store,
                sessions=sessions,
                desk=FrameDesk(vision, sessions, clock),
                credentials=Credentials(store, keys.hash_api_key, keys.jwt, clock),
                recognition=recognition,
                clock=clock,
                settings=ApiSettings(),
                look=_ready,
            )
            services = replace(services, limits=Limits(WIDE, clock.boot))
            key = new_api_key()
            grants = ("enroll", "authenticate", "waive_liveness")
            await store.put_client(Client("bench", "bench", REALM, grants, key.prefix, keys.hash_api_key(key.text)))
            async with serve(build_app(services), "127.0.0.1", 0) as port, aiohttp.ClientSession() as http:
                served = Device(f"http://127.0.0.1:{port}", key.text, http, clock, store, sessions, vision)
                store.watch.on_record.append(served.note)
                yield served
        judge.close()
        graphs.close()
        networks.close()


async def _ready() -> Look:
    return Look({})
