"""The active half of `strict` on the rendered demo, through the real pipeline: its person obeys, its photo cannot.

The passive network is left out: a rendered face is no photographed one, and what it says of it means nothing.
"""

import random
from dataclasses import replace

import pytest

from api import session as rules
from api.feedback import instruction
from api.inquiry import Demands, Known
from api.records import SessionKind, SessionStatus
from api.session_state import Identify, Judge, Terms
from api.settings import SessionSettings
from camera.settings import CameraSettings
from camera.sources import demo_script
from camera.sources.demo import DemoSource
from camera.sources.demo_script import Scene
from inference.embedder import Embedder
from inference.liveness.policy import POLICIES, Level
from inference.manifest import load_manifest
from inference.pipeline import Pipeline
from inference.settings import VisionSettings

FPS = 15
ACTIVE = replace(POLICIES[Level.STRICT], passive=False)

pytestmark = pytest.mark.timeout(150)


@pytest.fixture(scope="module")
def embedder():
    opened = Embedder.open(load_manifest().embedding, 1)
    yield opened
    opened.close()


def visit(embedder, monkeypatch, kind, *, seconds, seed, obeys=True):
    """The session of whoever the demo shows: its last state, and whether it came to a decision of the face."""
    scenes = (Scene("empty", "", 0.5), Scene(kind, "grace", seconds))
    monkeypatch.setattr(demo_script, "SCENES", scenes)
    monkeypatch.setattr(demo_script, "ROUND_S", sum(scene.seconds for scene in scenes))
    demands = Demands(ACTIVE, chance=random.Random(seed))
    state = rules.begin(Terms(SessionKind.AUTHENTICATION, None, True, 1e12, 8.0, SessionSettings(), demands=demands))
    asked = []
    settings = CameraSettings(source="demo", pace="fast", fps=FPS)
    with DemoSource(settings) as source, Pipeline.stream(embedder, VisionSettings()) as pipeline:
        for _ in range(int(FPS * (seconds + 0.5)) - 1):
            seen = pipeline.observe(source.read())
            step = rules.advance(state, seen, seen.time)
            state = step.state
            if step.effects and isinstance(step.effects[-1], Identify):
                state = rules.identified(state, Known("grace")).state
            elif step.effects or state.status is not SessionStatus.ACTIVE:
                return state, bool(step.effects) and isinstance(step.effects[-1], Judge), asked
            told = instruction(state)
            asked += [told] if not asked or asked[-1] != told else []
            if obeys:
                source.instruct(told)
    return state, False, asked


@pytest.mark.parametrize("seed", [1, 2])
def test_the_demos_person_does_what_is_asked_and_is_taken_for_a_head(embedder, monkeypatch, seed):
    state, decided, asked = visit(embedder, monkeypatch, "person", seconds=30.0, seed=seed)
    assert decided, (asked, state.inquiry, state.judgement, state.evidence.alarms)
    assert {"turn_left", "turn_right"} & set(asked)
    assert any(turn.solid for turn in state.inquiry.challenge.turns)
    assert not state.evidence.alarms


def test_the_photo_of_the_same_person_is_asked_and_gets_nowhere(embedder, monkeypatch):
    state, decided, _ = visit(embedder, monkeypatch, "photo", seconds=20.0, seed=1)
    assert not decided
    assert state.status is SessionStatus.FAILED
    assert state.outcome == "liveness_failed"
