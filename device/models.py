"""Which embedding models control works with: the one in use and, in a transition, the one before it. Nothing is loaded here.

In use is what an operator chose; where nobody chose, the configured or shipped one. Only where everybody who is enrolled was
enrolled with another model that is still there does that one stay in use: an update of the program locks nobody out.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from api.clock import Clock
from api.records import Enrollment
from device.config import Config
from device.model_choice import DAY_S, ModelChoice
from inference import catalogue
from inference.liveness.passive import Bands
from inference.manifest import EmbeddingModel, ManifestError, load_manifest
from inference.settings import VisionSettings

log = logging.getLogger(__name__)


class Placed(NamedTuple):
    """An embedding model and the manifest that describes it."""

    manifest: Path
    model: EmbeddingModel


@dataclass(frozen=True, slots=True)
class Models:
    """What control works with from its start to its end."""

    present: Placed
    former: Placed | None = None
    """Compared beside it, as long as the choice's transition lasts."""
    choice: ModelChoice | None = None

    @property
    def model(self) -> EmbeddingModel:
        """The model in use."""
        return self.present.model

    @property
    def former_id(self) -> str:
        """The id of the model before it; empty where there is no transition."""
        return "" if self.former is None else self.former.model.id

    def left_s(self, clock: Clock) -> float:
        """Seconds of the transition that are left; 0 once it is over or where there is none."""
        return max(0.0, self.choice.left_s(clock)) if self.former is not None and self.choice is not None else 0.0

    def days_left(self, clock: Clock) -> float | None:
        """The same in days; None where there is no transition, or it is over."""
        left = self.left_s(clock)
        return round(left / DAY_S, 1) if left > 0 else None

    def seen_by(self, config: Config) -> Config:
        """The configuration as vision is told it: its manifest is that of the model in use."""
        return config.model_copy(update={"vision": config.vision.model_copy(update={"manifest": self.present.manifest})})


def configured(settings: VisionSettings) -> Models:
    """The configured or shipped model, whatever was chosen: for looking through a camera without a device.

    Raises:
        ManifestError: it cannot be used.
    """
    manifest = catalogue.default_of(settings)
    return Models(Placed(manifest, load_manifest(manifest).embedding))


def in_use(settings: VisionSettings, choice: ModelChoice | None, enrollments: Iterable[Enrollment], clock: Clock) -> Models:
    """The models to work with.

    Args:
        settings: where models lie.
        choice: the operator's newest; None: nobody chose.
        enrollments: all that there are.
        clock: says whether a transition still lasts.

    Raises:
        ManifestError: the model is not there, or cannot be used; the message says what to do.
    """
    known = {model_id: Placed(*found) for model_id, found in catalogue.embeddings(settings).items()}
    if choice is None:
        return _unchosen(settings, known, enrollments)
    present = known.get(choice.model_id)
    if present is None:
        raise ManifestError(
            f"the model {choice.model_id}, chosen with `kioskctl model use`, is not there: "
            "put its files back, or choose one that `kioskctl model list` shows"
        )
    present.model.read()
    former = known.get(choice.former_id) if choice.left_s(clock) > 0 else None
    if former is not None:
        former.model.read()
    elif choice.left_s(clock) > 0:
        log.warning("the model %s is not there any more; whom only it knows must enrol again", choice.former_id)
    return Models(present, former, choice)


def _unchosen(settings: VisionSettings, known: dict[str, Placed], enrollments: Iterable[Enrollment]) -> Models:
    enrolled = Counter(enrollment.model_id for enrollment in enrollments if enrollment.status == "active")
    others = [model_id for model_id, _ in enrolled.most_common() if model_id in known]
    default = next((model_id for model_id, placed in known.items() if placed.manifest == catalogue.default_of(settings)), None)
    if settings.manifest is None and default is not None and default not in enrolled and others:
        log.warning(
            "everybody was enrolled with %s, which stays in use; to change to %s, see `kioskctl model use`", others[0], default
        )
        known[others[0]].model.read()
        return Models(known[others[0]])
    return configured(settings)


def passive_bands(settings: VisionSettings) -> Bands | None:
    """What the passive network's scores mean, by its manifest; None where there is no such network, or nobody asks it."""
    network = catalogue.liveness(settings)
    return None if network is None else Bands(network.grey[1], network.grey[0], network.threshold)


def to_enroll_again(enrollments: Iterable[Enrollment], model_id: str) -> dict[tuple[str, str], bool]:
    """Realm and user id of everybody enrolled → whether none of the active templates is `model_id`'s."""
    found: dict[tuple[str, str], bool] = {}
    for enrollment in enrollments:
        if enrollment.status == "active":
            person = enrollment.realm, enrollment.user_id
            found[person] = found.get(person, True) and enrollment.model_id != model_id
    return found
