"""`/metrics`: numbers about the device for Prometheus, on loopback only. No user id, token, score or address is among them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.clock import Clock
from api.http import add
from api.operation import Operation, operation
from api.records import LOCAL, Attempt, DoorEvent, LogRecord, SessionKind, Visit
from api.sessions import SessionService
from device.door.base import Door, DoorState
from device.health import Watched
from device.store.store import SqlCipherStore
from device.supervisor import Life
from inference.thermal import THROTTLED

_DAY_S = 86_400
_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Sources:
    """What is measured."""

    store: SqlCipherStore
    sessions: SessionService
    door: Door
    vision: tuple[Watched, ...]
    clock: Clock


class _Moving(Collector):
    """What is read off the parts at the moment of asking."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def collect(self) -> Iterable[Metric]:
        """The metrics, read now."""
        yield from self._vision()
        running = self._sources.sessions.running()
        sessions = GaugeMetricFamily("facekiosk_sessions", "Running sessions, the kiosk's own included", labels=["kind"])
        for kind in SessionKind:
            sessions.add_metric([kind.value], running[kind])
        yield sessions
        unlocked = self._sources.door.state is DoorState.UNLOCKED
        yield GaugeMetricFamily("facekiosk_door_unlocked", "1 while the lock is told to be open", value=unlocked)

    def _vision(self) -> Iterator[Metric]:
        frames = CounterMetricFamily("facekiosk_frames", "Frames captured, or judged for clients", labels=["instance"])
        restarts = CounterMetricFamily("facekiosk_vision_restarts", "Times vision was started again", labels=["instance"])
        state = GaugeMetricFamily("facekiosk_vision_state", "1 for the state vision is in", labels=["instance", "state"])
        memory = GaugeMetricFamily("facekiosk_vision_resident_bytes", "Memory of the vision process", labels=["instance"])
        recycled = CounterMetricFamily("facekiosk_vision_recycled", "Recycled for its memory", labels=["instance"])
        for watched in self._sources.vision:
            instance, condition = watched.link.instance, watched.supervisor.condition
            frames.add_metric([instance], watched.link.progress.captured)
            restarts.add_metric([instance], condition.restarts)
            recycled.add_metric([instance], watched.supervisor.recycled)
            memory.add_metric([instance], watched.link.progress.resident_mb * 1e6 if watched.link.hello else 0)
            for life in Life:
                state.add_metric([instance, life.value], condition.life is life)
        yield from (frames, restarts, recycled, memory, state)
        yield from self._work()

    def _work(self) -> Iterator[Metric]:
        """How hard the camera's vision works; nothing while none is connected."""
        idle = GaugeMetricFamily("facekiosk_vision_idle", "1 while nobody is there and only motion is looked for")
        fps = GaugeMetricFamily("facekiosk_vision_frames_per_second_limit", "Frames a second that are looked at, at most")
        heat = GaugeMetricFamily("facekiosk_temperature_celsius", "The warmest sensor of the board")
        throttled = GaugeMetricFamily("facekiosk_throttled", "1 while the firmware holds the board back", labels=["why"])
        for watched in self._sources.vision:
            work = watched.link.progress.work if watched.link.hello else None
            if work is not None:
                idle.add_metric([], work.idle)
                fps.add_metric([], work.fps)
                for why in THROTTLED:
                    throttled.add_metric([why], why in work.heat.throttled)
                if work.heat.celsius is not None:
                    heat.add_metric([], work.heat.celsius)
        yield from (idle, fps, heat, throttled)


class Metrics:
    """Counts from its making on; `mount` adds the route."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._registry = registry = CollectorRegistry()
        registry.register(_Moving(sources))
        decided = ("where", "kind", "outcome", "reason")
        self._decisions = Counter("facekiosk_decisions", "Recognition decisions", decided, registry=registry)
        self._visits = Counter("facekiosk_visits", "Visits at the kiosk", ("outcome", "reason"), registry=registry)
        self._door = Counter("facekiosk_door_events", "What the door was told or did", ("event", "grant"), registry=registry)
        self._work = Histogram(
            "facekiosk_store_seconds",
            "Work in the store, waiting included",
            ("work",),
            buckets=_BUCKETS,
            registry=registry,
        )
        self._newest = Gauge("facekiosk_log_newest", "Number of the log's newest event", registry=registry)
        self._behind = Gauge(
            "facekiosk_webhook_behind",
            "Log numbers from the first event on that waits for a webhook",
            ("webhook",),
            registry=registry,
        )
        self._failures = Gauge("facekiosk_webhook_failures", "Failed deliveries in a row", ("webhook",), registry=registry)
        self._age = Gauge("facekiosk_api_key_age_days", "Age of API keys in use", ("client",), registry=registry)
        sources.store.watch.on_record.append(self._count)
        sources.store.watch.on_work = self._time

    def _count(self, record: LogRecord) -> None:
        match record:
            case Attempt():
                outcome = "success" if record.success else "failure"
                where = "device" if record.realm == LOCAL else "remote"
                self._decisions.labels(where, record.kind.value, outcome, record.failure_reason).inc()
            case Visit():
                self._visits.labels(record.outcome, record.reason).inc()
            case DoorEvent():
                self._door.labels(record.kind, record.grant).inc()

    def _time(self, work: str, seconds: float) -> None:
        self._work.labels(work).observe(seconds)

    async def text(self) -> bytes:
        """All metrics in Prometheus' text format.

        Raises:
            StoreError: the store cannot be read.
        """
        await self._read_store()
        return generate_latest(self._registry)

    async def _read_store(self) -> None:
        store, now = self._sources.store, self._sources.clock.wall()
        newest = (await store.log_page(LOCAL, limit=1)).newest
        clients, webhooks = await store.clients(), await store.webhooks()
        for gauge in (self._age, self._behind, self._failures):
            gauge.clear()
        self._newest.set(newest)
        for client in clients:
            made = client.key_created_at or client.created_at
            if client.revoked_at is None and made is not None:
                self._age.labels(client.name).set(round(max(now - made, 0.0) / _DAY_S, 3))
        for webhook in webhooks:
            waiting = (await store.log_page(webhook.realm, webhook.cursor, limit=1)).records
            self._behind.labels(webhook.name).set(newest - waiting[0][0] + 1 if waiting else 0)
            self._failures.labels(webhook.name).set(webhook.failures)

    def mount(self, app: web.Application) -> None:
        """Add the route."""
        add(app, "GET", "/metrics/", self.metrics)

    @operation(Operation(answers={200: "text/plain"}, credential=False))
    async def metrics(self, request: web.Request) -> web.Response:
        """Numbers about the device, in Prometheus' text format."""
        return web.Response(body=await self.text(), headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})
