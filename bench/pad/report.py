"""The figures: APCER and BPCER by species, source and policy, verdicts under box jitter, and the networks beside each other."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from bench.accuracy.metrics import Rate
from bench.pad.judges import JITTERS, Values
from bench.pad.sessions import Session
from inference.liveness.policy import Level

Report = dict[str, Any]
Groups = dict[str, list[Session]]


def build(sessions: Sequence[Session], threshold: float, thresholds: dict[str, float]) -> Report:
    """All figures.

    Args:
        sessions: every presentation, judged.
        threshold: of the shipped network.
        thresholds: of the judges beside it.
    """
    judges = [name for name in thresholds if any(name in row.others for one in sessions for row in one.scored)]
    return {
        "threshold": threshold,
        "sessions": [_session(one, threshold) for one in sessions],
        "frames": {name: errors(of, threshold) for name, of in selections(sessions).items()},
        "windows": {name: errors(of, threshold, windows=True) for name, of in selections(sessions).items()},
        "subjects": {name: by_subject(of, threshold) for name, of in selections(sessions).items()},
        "policies": {level: policy(sessions, level) for level in Level},
        "jitter": {name: flips(unseen(sessions), name, threshold) for name in JITTERS},
        "not_used": {name: not_used(of) for name, of in selections(sessions).items()},
        "auc": {name: auc(unseen(sessions), name) for name in ("", *judges)},
        "beside": {name: beside(sessions, name, threshold, thresholds[name]) for name in judges},
    }


def unseen(sessions: Sequence[Session]) -> list[Session]:
    """Those that were never trained on."""
    return [one for one in sessions if not one.presentation.seen]


def selections(sessions: Sequence[Session]) -> Groups:
    """Everything that figures are given for, by name; `seen` says that it was trained on."""
    groups: Groups = {"all": unseen(sessions)}
    for one in sessions:
        mark = " (seen)" if one.presentation.seen else ""
        groups.setdefault(f"source {one.presentation.source}{mark}", []).append(one)
    groups["cameras never seen"] = [one for one in unseen(sessions) if one.presentation.source != "webcam"]
    return {name: of for name, of in groups.items() if of}


def errors(sessions: Sequence[Session], threshold: float, judge: str = "", *, windows: bool = False) -> Report:
    """APCER by species and BPCER, per frame or per window of frames, at one threshold."""
    found: Report = {}
    for species in sorted({one.presentation.species for one in sessions}):
        of = [one for one in sessions if one.presentation.species == species]
        scores = np.concatenate([_values(one, judge, windows=windows) for one in of])
        live = of[0].presentation.live
        wrong = int((scores < threshold).sum() if live else (scores >= threshold).sum())
        found["bpcer" if live else f"apcer {species}"] = Rate(wrong, len(scores)).to_json()
    return found


def by_subject(sessions: Sequence[Session], threshold: float) -> Report:
    """Subjects any window of whom was judged wrongly."""
    found: Report = {}
    for species in sorted({one.presentation.species for one in sessions}):
        of = [one for one in sessions if one.presentation.species == species and one.windows()]
        live = species == "live"
        wrong = [any((mean < threshold) == live for mean in one.windows()) for one in of]
        found["bpcer" if live else f"apcer {species}"] = Rate(sum(wrong), len(of)).to_json()
    return found


def policy(sessions: Sequence[Session], level: Level) -> Report:
    """What a policy decided of never-seen sessions: of each kind how many were accepted, refused, challenged, not decided."""
    found: Report = {}
    for one in unseen(sessions):
        row = found.setdefault(one.presentation.species, {})
        outcome = one.decisions[level]
        row[outcome] = row.get(outcome, 0) + 1
    return found


def flips(sessions: Sequence[Session], jitter: str, threshold: float) -> Report:
    """Frames whose verdict another box turns round."""
    pairs = [(row.shipped, row.jittered[jitter]) for one in sessions for row in one.scored if jitter in row.jittered]
    return Rate(sum((one >= threshold) != (other >= threshold) for one, other in pairs), len(pairs)).to_json()


def not_used(sessions: Sequence[Session]) -> Report:
    """Frames that were not judged (APNRR, BPNRR), by why."""
    frames = sum(one.frames for one in sessions)
    reasons: dict[str, int] = {}
    for one in sessions:
        for reason, count in one.conditions.items():
            reasons[reason] = reasons.get(reason, 0) + count
    return {**Rate(sum(reasons.values()), frames).to_json(), "reasons": reasons}


def auc(sessions: Sequence[Session], judge: str = "") -> float | None:
    """Area under the ROC curve of frames; None without both kinds."""
    live, attack = split(sessions, judge)
    if not len(live) or not len(attack):
        return None
    order = np.sort(attack)
    below, up_to = (np.searchsorted(order, live, side) for side in ("left", "right"))
    return float(((below + up_to) / 2).mean() / len(attack))


def split(sessions: Sequence[Session], judge: str = "") -> tuple[Values, Values]:
    """Frame scores of live faces and of attacks."""
    return _joined(sessions, judge, lambda one: one.presentation.live), _joined(
        sessions, judge, lambda one: not one.presentation.live
    )


def beside(sessions: Sequence[Session], judge: str, threshold: float, other: float) -> Report:
    """Another judge on the same frames: its errors, AUC, and how often both decide alike."""
    rows = [row for one in unseen(sessions) for row in one.scored]
    alike = sum((row.shipped >= threshold) == (row.others[judge] >= other) for row in rows)
    groups = selections(sessions)
    return {
        "threshold": other,
        "same_decision": Rate(alike, len(rows)).to_json(),
        "auc": auc(unseen(sessions), judge),
        "auc_lost": None if auc(unseen(sessions)) is None else (auc(unseen(sessions), judge) or 0) - (auc(unseen(sessions)) or 0),
        "frames": {name: errors(of, other, judge) for name, of in groups.items()},
    }


def _session(one: Session, threshold: float) -> Report:
    scores = _values(one, "", windows=False)
    return {
        "name": one.presentation.name,
        "source": one.presentation.source,
        "species": one.presentation.species,
        "seen": one.presentation.seen,
        "frames": one.frames,
        "judged": len(scores),
        "at_or_above_threshold": int((scores >= threshold).sum()),
        "decisions": one.decisions,
        "reasons": one.reasons,
    }


def _joined(sessions: Iterable[Session], judge: str, wanted: Callable[[Session], bool]) -> Values:
    parts = [_values(one, judge, windows=False) for one in sessions if wanted(one)]
    return np.concatenate(parts) if parts else np.zeros(0)


def _values(one: Session, judge: str, *, windows: bool) -> Values:
    if windows:
        return np.array(one.windows(judge), dtype=np.float64)
    return np.array([row.others[judge] if judge else row.shipped for row in one.scored], dtype=np.float64)
