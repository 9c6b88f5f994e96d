"""What liveness is demanded of whom: levels made into a session's terms, with the doubts for which a challenge is due.

Refusals are remembered here, in memory: a restart forgets them.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time

from api.clock import Clock
from api.inquiry import Demands, Known
from api.liveness_settings import LivenessSettings
from api.records import Person, SessionKind, SessionRow
from inference.liveness.passive import Bands
from inference.liveness.policy import POLICIES, Challenging, Level, Policy

UNKNOWN = Known()
"""Nobody whom the device knows: asked for as much as anybody."""

_MOST_REMEMBERED = 1000


class Demanding:
    """Says what each session demands, and remembers refusals."""

    def __init__(
        self,
        settings: LivenessSettings,
        bands: Bands | None,
        clock: Clock,
        times: Callable[[Person], float] = lambda person: 1.0,
    ) -> None:
        """Begin with nothing remembered.

        Args:
            settings: how much is demanded.
            bands: of the passive network; None where there is none: what asks for it then passes nobody.
            clock: the device's.
            times: how many times longer than others a person may take.
        """
        self._times = times
        self.settings = settings
        self._bands = bands or Bands()
        self._clock = clock
        self._refused: dict[str, float] = {}

    def demands(self, row: SessionRow) -> Demands:
        """What a session demands from now on."""
        policy = POLICIES[Level(row.metadata.get("liveness", Level.BASIC))]
        if row.kind is SessionKind.ENROLLMENT:
            policy = _unasked(policy)
        doubts = () if policy.challenge is Challenging.NEVER else self._doubts(row)
        watch_s = 0.0 if row.client_id is None else self.settings.remote_watch_s
        return Demands(policy, self._bands, self.settings.window_frames, watch_s, doubts)

    def known(self, person: Person) -> Known:
        """What may be asked of a person, and whether it must be."""
        asked_always = set(person.groups).intersection(self.settings.groups)
        return Known(person.user_id, person.accommodations, ("group",) if asked_always else (), self._times(person))

    def decided(self, row: SessionRow, *, success: bool) -> None:
        """A decision of a session: a refusal is remembered until the next success."""
        key = _whose(row)
        self._refused.pop(key, None)
        if not success:
            self._refused[key] = self._clock.boot()
            while len(self._refused) > _MOST_REMEMBERED:
                del self._refused[next(iter(self._refused))]

    def _doubts(self, row: SessionRow) -> tuple[str, ...]:
        refused = self._refused.get(_whose(row))
        after = refused is not None and self._clock.boot() - refused < self.settings.after_refusal_s
        outside = bool(self.settings.hours) and not within(self.settings.hours, self._clock.dated())
        return ("after_refusal",) * after + ("outside_hours",) * outside


def _whose(row: SessionRow) -> str:
    """Whom a refusal is held against: the device's own camera, or a client."""
    return row.client_id or ""


def _unasked(policy: Policy) -> Policy:
    """An enrolment asks for poses of its own, and somebody answers for whose face it is: no challenge is made."""
    return replace(policy, challenge=Challenging.NEVER, planarity=False)


def within(hours: str, now: float | None) -> bool:
    """Whether a time (POSIX seconds; None: not known) is in the hours `HH:MM-HH:MM` of local time; a span may pass midnight."""
    if now is None:
        return False
    begin, end = (time.fromisoformat(each) for each in hours.split("-"))
    at = datetime.fromtimestamp(now).astimezone().time()
    return begin <= at < end if begin <= end else at >= begin or at < end
