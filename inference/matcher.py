"""Whose face it is: one decision from a few samples, a gallery, and what scores mean. Pure; what follows is not known here.

Three things must hold: the confidence of the samples' mean reaches the bar; no second person is nearly as near (1:N); and some
samples agree on their own, so that one lucky frame opens nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from inference.calibration import confidence_at_fmr
from inference.gallery import Candidate
from inference.match_settings import MatchSettings
from inference.observation import Embedding
from inference.probe import SamplePool

NO_MATCH = "no_match"
USER_NOT_ENROLLED = "user_not_enrolled"

_ROUNDING = 1e-6
"""Of a float32 cosine, which depends a little on the order of its sum."""

Eligible = Callable[[str], bool]


class ScoreMeaning(Protocol):
    """What a cosine is worth, from the model's calibration (`inference.calibration.Calibration`)."""

    def confidence(self, cosine: float) -> float:
        """Confidence of the wire contract, never falling as the cosine rises."""

    def cosine_at(self, confidence: float) -> float:
        """The lowest cosine that reaches the confidence."""


class Searchable(Protocol):
    """The part of a gallery that decisions need (`inference.gallery.Gallery`)."""

    def search(self, realm: str, probe: Embedding, k: int = 2, *, within: float = 0.0, at_least: float = -1.0) -> list[Candidate]:
        """The nearest people, best first, each by the nearest of their templates."""

    def compare(self, realm: str, user_id: str, probe: Embedding) -> Candidate | None:
        """How near one person is; None: not in the gallery."""

    def people_count(self, realm: str) -> int:
        """People in the realm."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of one recognition attempt, with what it rests on."""

    success: bool
    user_id: str | None
    """Who was recognised, or, when 1:1 failed, who was claimed; None when 1:N failed."""
    enrollment_id: str | None
    """The template that matched; None on failure."""
    confidence: float | None
    """Of the samples' mean with the nearest person's template, on failure too; None: there was nobody to compare with."""
    reason: str
    """Empty, `no_match`, or `user_not_enrolled`."""
    margin: float | None
    """1:N: how much nearer, in cosine, the best person was than the second; None: no second, or 1:1."""
    searched: int
    """People compared with: 1 in 1:1."""
    required_confidence: float
    agreeing: int = 0
    """Samples that agreed on their own, counted up to the number needed."""
    takeover: SamplePool | None = None
    """Set by whoever compares with two models: samples by which the person may be enrolled with the other one."""


class Matcher:
    """Decides who somebody is. Holds no state of its own; safe to call from any thread if the gallery is."""

    def __init__(
        self,
        gallery: Searchable,
        calibration: ScoreMeaning,
        settings: MatchSettings | None = None,
        *,
        threshold: float = 0.65,
        eligible: Eligible | None = None,
    ) -> None:
        """A matcher over a gallery.

        Args:
            gallery: templates of the calibration's model.
            calibration: what its cosines mean.
            settings: default: as shipped.
            threshold: FACE_RECOGNITION_THRESHOLD, the least confidence of any match.
            eligible: whether a user id may be recognised now; default: everybody in the gallery. People who may not still
                take part in the search, so that nobody who resembles them is let in in their place.
        """
        self._gallery = gallery
        self._calibration = calibration
        self._settings = settings or MatchSettings()
        self._threshold = threshold
        self._eligible: Eligible = eligible or (lambda _: True)

    def required(self, realm: str, claimed: str | None, min_confidence: float = 0.0) -> float:
        """The bar: the highest of the threshold, what the client asks, and in 1:N the confidence at FMR = target_fpir / N."""
        people = self._gallery.people_count(realm) if claimed is None else 0
        of_many = confidence_at_fmr(self._settings.target_fpir / people) if people else 0.0
        return max(self._threshold, min_confidence, of_many)

    def decide(self, realm: str, samples: SamplePool, claimed: str | None, min_confidence: float = 0.0) -> Decision:
        """Whose face the samples are: 1:1 against `claimed`, or, where that is None, 1:N in the realm.

        Raises:
            ValueError: the pool is empty, or its samples do not fit the gallery.
        """
        required = self.required(realm, claimed, min_confidence)
        if claimed is None:
            return self._identify(realm, samples, required)
        return self._verify(realm, samples, claimed, required)

    def vouches(self, realm: str, probe: Embedding, user_id: str) -> bool:
        """Whether one sample on its own names the person in 1:N and reaches the floor of 1:1.

        Raises:
            ValueError: the sample does not fit the gallery.
        """
        floor = self._calibration.cosine_at(self._settings.frame_floor)
        return self._cosine(realm, user_id, probe) >= floor and self._names(realm, probe, user_id)

    def duplicate_of(self, realm: str, template: Embedding, except_user: str | None = None) -> Candidate | None:
        """Somebody else in the realm whose face this template would be taken for in 1:N; None: nobody.

        A template alone is asked about, so neither margin nor agreement of samples counts.

        Raises:
            ValueError: the template does not fit the gallery.
        """
        least = self._calibration.cosine_at(self.required(realm, None))
        found = self._gallery.search(realm, template, 2, within=2.0, at_least=least)
        others = (candidate for candidate in found if candidate.user_id != except_user and candidate.cosine >= least)
        return next(others, None)

    def _identify(self, realm: str, samples: SamplePool, required: float) -> Decision:
        least = self._calibration.cosine_at(required) - self._settings.margin
        found = self._gallery.search(realm, samples.mean(), 2, within=self._settings.margin, at_least=least)
        searched = self._gallery.people_count(realm)
        if not found:
            return Decision(False, None, None, None, NO_MATCH, None, searched, required)
        best = found[0]
        margin = best.cosine - found[1].cosine if len(found) > 1 else None
        confidence = self._calibration.confidence(best.cosine)
        clear = confidence >= required and (margin is None or margin >= self._settings.margin)
        agreeing = self._naming(realm, samples, best.user_id) if clear and self._eligible(best.user_id) else 0
        if agreeing < self._settings.min_agreeing_frames:
            return Decision(False, None, None, confidence, NO_MATCH, margin, searched, required, agreeing)
        return Decision(True, best.user_id, best.enrollment_id, confidence, "", margin, searched, required, agreeing)

    def _verify(self, realm: str, samples: SamplePool, claimed: str, required: float) -> Decision:
        found = self._gallery.compare(realm, claimed, samples.mean()) if self._eligible(claimed) else None
        if found is None:
            return Decision(False, claimed, None, None, USER_NOT_ENROLLED, None, 0, required)
        confidence = self._calibration.confidence(found.cosine)
        agreeing = self._reaching(realm, samples, claimed) if confidence >= required else 0
        if agreeing < self._settings.min_agreeing_frames:
            return Decision(False, claimed, None, confidence, NO_MATCH, None, 1, required, agreeing)
        return Decision(True, claimed, found.enrollment_id, confidence, "", None, 1, required, agreeing)

    def _naming(self, realm: str, samples: SamplePool, user_id: str) -> int:
        """How many samples have this person as their own nearest; counting stops at the number needed."""
        return self._agreeing(samples, lambda probe: self._names(realm, probe, user_id))

    def _names(self, realm: str, probe: Embedding, user_id: str) -> bool:
        # The cosine to beat is known, and a search that need not look below it is a quick one.
        least = self._cosine(realm, user_id, probe) - _ROUNDING
        found = self._gallery.search(realm, probe, 1, at_least=least)
        return bool(found) and found[0].user_id == user_id

    def _reaching(self, realm: str, samples: SamplePool, user_id: str) -> int:
        floor = self._calibration.cosine_at(self._settings.frame_floor)
        return self._agreeing(samples, lambda probe: self._cosine(realm, user_id, probe) >= floor)

    def _cosine(self, realm: str, user_id: str, probe: Embedding) -> float:
        found = self._gallery.compare(realm, user_id, probe)
        return found.cosine if found else -1.0

    def _agreeing(self, samples: SamplePool, agrees: Callable[[Embedding], bool]) -> int:
        count = 0
        for sample in samples.samples:
            count += agrees(sample.embedding)
            if count == self._settings.min_agreeing_frames:
                break
        return count
