"""Recognition while a device moves from one embedding model to another: both galleries are asked, the present one first.

Templates are compared only with probes of their own model. Whom only the former model knows is recognised by it as long as the
transition lasts, and is then offered for enrolment with the present one, from samples that the former one vouches for.
"""

from collections.abc import Callable
from dataclasses import replace

from api.recognition import GalleryRecognition
from api.records import Enrollment
from inference.gallery import Candidate
from inference.matcher import USER_NOT_ENROLLED, Decision
from inference.observation import Embedding
from inference.probe import SamplePool

FEWEST_SAMPLES = 2
"""Samples from which somebody is enrolled with the present model."""

SURER = 0.05
"""How much more confidence than opens the door is asked of the former model before it vouches for a template that stays: a
tenth of the false matches, since a wrong one would be let in again and again."""


class TransitionRecognition:
    """`ports.Recognition` over two models.

    Args:
        present: of the model in use.
        former: of the model before it.
        lasts: whether the transition still lasts; once it does not, the former model is asked no more.
    """

    def __init__(self, present: GalleryRecognition, former: GalleryRecognition, lasts: Callable[[], bool]) -> None:
        self._present, self._former, self._lasts = present, former, lasts

    @property
    def model_id(self) -> str:
        """The model in use: new templates are its."""
        return self._present.model_id

    @property
    def compared(self) -> tuple[str, ...]:
        """The models whose templates are compared now."""
        return (*self._present.compared, *(self._former.compared if self._lasts() else ()))

    @property
    def dimension(self) -> int:
        """Numbers in an embedding of the model in use."""
        return self._present.dimension

    @property
    def beside_dimension(self) -> int:
        """Numbers in an embedding of the former model."""
        return self._former.dimension

    @property
    def same_face(self) -> float:
        """Cosine of the model in use from which two samples are taken for one person's."""
        return self._present.same_face

    def decide(self, realm: str, samples: SamplePool, claimed: str | None, min_confidence: float) -> Decision:
        """Whose face the samples are, by the model in use or else by the former one."""
        decision = self._present.decide(realm, samples, claimed, min_confidence)
        earlier = samples.of_beside()
        if decision.success or not self._lasts() or not earlier.samples:
            return decision
        former = self._former.decide(realm, earlier, claimed, min_confidence)
        if former.success:
            return replace(former, takeover=self._takeover(realm, samples, former))
        return former if decision.reason == USER_NOT_ENROLLED else decision

    def _takeover(self, realm: str, samples: SamplePool, former: Decision) -> SamplePool | None:
        """The samples by which the person may be enrolled with the model in use; None: not by this decision."""
        if former.user_id is None or former.confidence is None or former.confidence < former.required_confidence + SURER:
            return None
        user_id = former.user_id
        vouched = tuple(
            sample
            for sample in samples.samples
            if sample.beside is not None and self._former.vouches(realm, sample.beside, user_id)
        )
        return replace(samples, samples=vouched) if len(vouched) >= FEWEST_SAMPLES else None

    def duplicate_of(self, realm: str, template: Embedding, except_user: str | None = None) -> Candidate | None:
        """Somebody else whom the model in use knows and whose face this template of its would be taken for; None: nobody."""
        return self._present.duplicate_of(realm, template, except_user)

    def add(self, enrollment: Enrollment) -> None:
        """Make a stored enrolment searchable, where either model made it."""
        self._present.add(enrollment)
        self._former.add(enrollment)

    def remove_enrollment(self, realm: str, enrollment_id: str) -> None:
        """Forget one template."""
        self._present.remove_enrollment(realm, enrollment_id)
        self._former.remove_enrollment(realm, enrollment_id)

    def remove_person(self, realm: str, user_id: str) -> None:
        """Forget a person's templates of both models."""
        self._present.remove_person(realm, user_id)
        self._former.remove_person(realm, user_id)
