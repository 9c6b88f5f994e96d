"""Gallery and matcher as this device uses them: made of the model in use, the configuration, and what the store holds."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from api.recognition import GalleryRecognition
from api.records import Enrollment
from device.config import Config
from inference.gallery import Gallery
from inference.gallery_annoy import notice
from inference.manifest import EmbeddingModel

log = logging.getLogger(__name__)


@contextmanager
def open_recognition(model: EmbeddingModel, config: Config, enrollments: Sequence[Enrollment]) -> Iterator[GalleryRecognition]:
    """A gallery filled with the active enrolments that `model` made, and the matcher over it, until the context ends."""
    match = config.match
    with Gallery(model.id, model.dimension, annoy_from=match.annoy_from, build_threads=match.index_threads) as gallery:
        recognition = GalleryRecognition(
            gallery,
            model.calibration,
            threshold=config.session.face_recognition_threshold,
            tries=config.session.match_tries,
            match=match,
        )
        others = gallery.replace_all(enrollment for enrollment in enrollments if enrollment.status == "active")
        if others:
            log.warning("%d enrolments were made by another model than %s; they admit nobody", others, model.id)
        if absent := notice():
            log.warning(absent)
        yield recognition
