"""Enrolling a person from photos: each is judged by itself, those of one face are averaged. No image is opened here."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from api.clock import Clock
from api.errors import MESSAGE
from api.evidence import sample_of
from api.ports import ImageRefused, RemoteVision
from device.command import OperationRefused
from device.enroll_commands import EnrollPhotos, EnrollProgress, Photo, PhotoJudged
from inference.observation import Observation
from inference.probe import Sample, SamplePool

MOST_SAMPLES = 10
"""Photos that are averaged at most: the best, most different ones."""

STREAM = "kioskctl-photos"

ADVICE = {
    "invalid_frame": "the file is empty or damaged; save the photo again",
    "unsupported_image": "not a JPEG, PNG or WebP photo; convert it first",
    "frame_too_large": "the photo is too large; scale it down",
    "no_face_detected": "no face was found; take a photo from the front, with the whole face in it",
    "multiple_faces": "two faces of about the same size; cut the photo so that one person is in front",
    "face_too_small": "the face is too small; cut the photo closer, or take one from nearer by",
    "face_not_centered": "the face is turned away or at the edge; look at the camera",
    "face_covered": "the face is covered; take off what covers mouth or eyes",
    "too_dark": "too dark; take the photo in better light",
    "too_bright": "too bright; take the photo in softer light",
    "poor_image_quality": "blurred or too coarse; take a sharper photo",
    "no_match": "another face than on the other photos",
    "superseded": "too like another photo that is used; different ones add more",
}
"""What to do about a photo that was refused, by its error code."""


@dataclass(frozen=True, slots=True)
class JudgedPhoto:
    """A photo as vision judged it; without a sample it cannot be used, for `reason`."""

    name: str
    reason: str
    observation: Observation | None = None
    sample: Sample | None = None

    def answer(self) -> PhotoJudged:
        """What the operator is told."""
        quality = None if self.observation is None else self.observation.quality
        return PhotoJudged(
            name=self.name,
            accepted=not self.reason,
            reason=self.reason,
            message=ADVICE.get(self.reason, MESSAGE.get(self.reason, self.reason)) if self.reason else "",
            quality_score=None if quality is None else round(quality.score, 3),
            measures=() if quality is None else quality.measures,
        )


@dataclass(frozen=True, slots=True)
class PhotoJudge:
    """Turns an operator's photos into samples of one person.

    Args:
        vision: `vision@remote`.
        clock: the device's.
        least_quality: quality score from which a photo is used, 0..1.
    """

    vision: RemoteVision
    clock: Clock
    least_quality: float

    async def judge(
        self, command: EnrollPhotos, photos: AsyncIterator[Photo], found: list[JudgedPhoto]
    ) -> AsyncGenerator[EnrollProgress, None]:
        """Look at each photo, filling `found`, and tell after each how far it is.

        Raises:
            VisionUnavailable: vision is not there, or does not answer.
        """
        # One time for all: when a photo was judged says nothing about how it differs from the others.
        now = self.clock.boot()
        async for photo in photos:
            candidate = await self._look(photo, now)
            found.append(candidate)
            yield EnrollProgress(
                completed_samples=len(found),
                target_samples=command.photos,
                instruction="",
                condition=candidate.reason,
                quality_score=candidate.answer().quality_score,
            )

    async def _look(self, photo: Photo, now: float) -> JudgedPhoto:
        if not photo.image:
            return JudgedPhoto(photo.name, "invalid_frame")
        try:
            seen = await self.vision.judge(STREAM, photo.image, now, track=False)
        except ImageRefused as error:
            return JudgedPhoto(photo.name, error.code)
        if seen.condition:
            return JudgedPhoto(photo.name, seen.condition, seen)
        if seen.quality is not None and seen.quality.score < self.least_quality:
            return JudgedPhoto(photo.name, seen.quality.reason or "poor_image_quality", seen)
        sample = sample_of(seen)
        return JudgedPhoto(photo.name, "" if sample else "poor_image_quality", seen, sample)


def of_one_person(candidates: Sequence[JudgedPhoto], same_face: float) -> list[JudgedPhoto]:
    """The same photos, in which those of another face than most of them show are refused.

    Args:
        candidates: any photos; those without a sample stay as they are.
        same_face: cosine from which two photos show one person.

    Raises:
        OperationRefused: no face is on more than half of the photos.
    """
    usable = [(at, candidate.sample) for at, candidate in enumerate(candidates) if candidate.sample is not None]
    if len(usable) < 2:
        return list(candidates)
    matrix = np.stack([sample.embedding for _, sample in usable])
    alike = matrix @ matrix.T >= same_face
    centre = int(np.argmax(alike.sum(axis=1)))
    if 2 * int(alike[centre].sum()) <= len(usable):
        raise OperationRefused("multiple_faces", "the photos show different people; name photos of one person only")
    others = {at for (at, _), same in zip(usable, alike[centre], strict=True) if not same}
    return [replace(each, reason="no_match", sample=None) if at in others else each for at, each in enumerate(candidates)]


def pooled(candidates: Sequence[JudgedPhoto]) -> tuple[SamplePool, list[JudgedPhoto]]:
    """The samples worth averaging, and the photos with those that add nothing to others refused."""
    pool = SamplePool(MOST_SAMPLES)
    for candidate in candidates:
        if candidate.sample is not None:
            pool = pool.offer(candidate.sample)
    kept = {id(sample) for sample in pool.samples}
    return pool, [_without_place(each, kept) for each in candidates]


def _without_place(candidate: JudgedPhoto, kept: set[int]) -> JudgedPhoto:
    used = candidate.sample is None or id(candidate.sample) in kept
    return candidate if used else replace(candidate, reason="superseded", sample=None)
