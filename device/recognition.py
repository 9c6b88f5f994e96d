"""Gallery and matcher as this device uses them: made of the model in use, the configuration, and what the store holds."""

import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from api.clock import Clock
from api.ports import Recognition
from api.recognition import GalleryRecognition
from api.records import Enrollment
from api.transition import TransitionRecognition
from device.config import Config
from device.models import Models, in_use
from device.store.store import SqlCipherStore
from inference.gallery import Gallery
from inference.gallery_annoy import notice
from inference.manifest import EmbeddingModel

log = logging.getLogger(__name__)


@asynccontextmanager
async def recognising(store: SqlCipherStore, config: Config, clock: Clock) -> AsyncIterator[tuple[Models, Recognition]]:
    """The models that the device works with, and recognition over the store's enrolments, until the context ends.

    Raises:
        ManifestError: a model that is needed is not there, or cannot be used.
    """
    enrollments = await store.all_enrollments()
    choice = next(iter(await store.model_choices()), None)
    models = in_use(config.vision, choice, enrollments, clock)
    with open_recognition(models, config, enrollments, clock) as recognition:
        yield models, recognition


@contextmanager
def open_recognition(models: Models, config: Config, enrollments: Sequence[Enrollment], clock: Clock) -> Iterator[Recognition]:
    """A gallery for each model that is compared, filled with the active enrolments that it made, until the context ends."""
    compared = {models.model.id, models.former_id}
    others = sum(each.status == "active" and each.model_id not in compared for each in enrollments)
    if others:
        log.warning("%d enrolments were made by another model than %s; they admit nobody", others, models.model.id)
    if absent := notice():
        log.warning(absent)
    if models.former is None:
        with _of_model(models.model, config, enrollments, 1) as recognition:
            yield recognition
        return
    # Whoever is not recognised by the one is held against the other: each gets half of the false matches that are allowed.
    with (
        _of_model(models.model, config, enrollments, 2) as present,
        _of_model(models.former.model, config, enrollments, 2) as former,
    ):
        yield TransitionRecognition(present, former, lambda: models.left_s(clock) > 0)


@contextmanager
def _of_model(
    model: EmbeddingModel, config: Config, enrollments: Sequence[Enrollment], shares: int
) -> Iterator[GalleryRecognition]:
    """Gallery and matcher of one model, to which one of `shares` equal parts of the false matches falls."""
    match, session = config.match, config.session
    with Gallery(model.id, model.dimension, annoy_from=match.annoy_from, build_threads=match.index_threads) as gallery:
        gallery.replace_all(each for each in enrollments if each.status == "active")
        yield GalleryRecognition(
            gallery,
            model.calibration,
            threshold=session.face_recognition_threshold,
            tries=session.match_tries * shares,
            match=match,
        )
