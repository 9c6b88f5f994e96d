"""Sessions as tests run them: terms, observations fed to the rules, a face that blinks."""

from api import session as rules
from api.records import SessionKind
from api.session_state import Terms
from api.settings import SessionSettings


def terms(kind=SessionKind.AUTHENTICATION, **changed):
    settings_ = changed.pop("rules", SessionSettings())
    return Terms(
        **{
            "kind": kind,
            "claimed": None,
            "require_liveness": True,
            "expires": 1800.0,
            "active_s": 60.0,
            "rules": settings_,
            **changed,
        }
    )


def run(state, observations, start=0.0, step=0.1):
    """Feed observations `step` seconds apart; the state and all effects."""
    effects = []
    for n, observation in enumerate(observations):
        done = rules.advance(state, observation, start + n * step)
        state = done.state
        effects += done.effects
    return state, effects


def blinking(seen, frames=10, blink_at=5, **named):
    return [seen(n, time=n * 0.1, blinks=int(n >= blink_at), **named) for n in range(1, frames + 1)]


def enrolment(**changed):
    return terms(SessionKind.ENROLLMENT, claimed="ann", **changed)
