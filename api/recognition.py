"""`ports.Recognition` over the gallery and the matcher: what sessions ask of them, and nothing else."""

from api.records import Enrollment
from inference.calibration import Calibration
from inference.gallery import Candidate, Gallery
from inference.match_settings import MatchSettings
from inference.matcher import Decision, Eligible, Matcher
from inference.observation import Embedding
from inference.probe import SamplePool

SAME_FACE_FMR = 0.2
"""Photos of one enrolment are taken for one person's where at most this share of pairs of different people, in the worst
group, are as alike. So mild because somebody has said that they are, and it is to catch a photo that slipped in. Measured on
169 people of LFW with six photos or more, each photo against the mean of those before it: 6 % of a person's own photos are
refused and none of 672 of another's taken; at .01, 40 % of their own would be."""


class GalleryRecognition:
    """Decides within one model's gallery, and keeps the gallery up with the store.

    `target_fpir` is for a whole transaction: a session that may try several times shares it out among its tries.
    """

    def __init__(
        self,
        gallery: Gallery,
        calibration: Calibration,
        *,
        threshold: float,
        tries: int,
        match: MatchSettings | None = None,
        eligible: Eligible | None = None,
    ) -> None:
        settings = match or MatchSettings()
        shared = settings.model_copy(update={"target_fpir": settings.target_fpir / tries})
        self._gallery = gallery
        self._matcher = Matcher(gallery, calibration.of_averages(), shared, threshold=threshold, eligible=eligible)
        self._same_face = calibration.cosine_at_fmr(SAME_FACE_FMR)

    @property
    def model_id(self) -> str:
        """The model whose templates are compared."""
        return self._gallery.model_id

    @property
    def compared(self) -> tuple[str, ...]:
        """The models whose templates are compared now: this one alone."""
        return (self.model_id,)

    @property
    def beside_dimension(self) -> int:
        """No second embedding is looked at."""
        return 0

    @property
    def dimension(self) -> int:
        """Numbers in an embedding."""
        return self._gallery.dimension

    @property
    def same_face(self) -> float:
        """Cosine from which two samples are taken for one person's."""
        return self._same_face

    def decide(self, realm: str, samples: SamplePool, claimed: str | None, min_confidence: float) -> Decision:
        """Whose face the samples are."""
        return self._matcher.decide(realm, samples, claimed, min_confidence)

    def vouches(self, realm: str, probe: Embedding, user_id: str) -> bool:
        """Whether one sample on its own is this person's and no other's."""
        return self._matcher.vouches(realm, probe, user_id)

    def duplicate_of(self, realm: str, template: Embedding, except_user: str | None = None) -> Candidate | None:
        """Somebody else of the realm whose face this template would be taken for; None: nobody."""
        return self._matcher.duplicate_of(realm, template, except_user)

    def add(self, enrollment: Enrollment) -> None:
        """Make a stored enrolment searchable; one of another model is not."""
        if enrollment.model_id == self._gallery.model_id:
            self._gallery.add(enrollment.realm, enrollment.user_id, enrollment.enrollment_id, enrollment.template)

    def remove_enrollment(self, realm: str, enrollment_id: str) -> None:
        """Forget one template."""
        self._gallery.remove_enrollment(realm, enrollment_id)

    def remove_person(self, realm: str, user_id: str) -> None:
        """Forget a person's templates."""
        self._gallery.remove_person(realm, user_id)
