"""What `bench.search` measures of one number of people. How it is shown and where it is written is not known here."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

from bench.vectors import DIMENSION, Population, Vectors
from inference.gallery import ANNOY_FROM, Gallery
from inference.manifest import load_manifest
from inference.matcher import Matcher
from inference.probe import Sample, SamplePool

P = ParamSpec("P")
T = TypeVar("T")

TEMPLATE_PHOTOS, PROBE_PHOTOS = 5, 3
_MODEL, _REALM = "made-up", "local"
_NEVER = sys.maxsize


class Record(NamedTuple):
    """A made-up enrolment."""

    realm: str
    user_id: str
    enrollment_id: str
    model_id: str
    template: npt.NDArray[np.float32]


def records(templates: Vectors) -> Iterator[Record]:
    """One enrolment a row."""
    for number, template in enumerate(templates):
        yield Record(_REALM, f"user-{number}", f"enrolment-{number}", _MODEL, template)


@dataclass(frozen=True, slots=True)
class Filled:
    """A gallery of all people, ready to be searched, and what that took."""

    gallery: Gallery
    fill_s: float
    index_s: float
    resident_mib: float
    """More than before it was filled."""

    @classmethod
    def of(cls, templates: Vectors, annoy_from: int) -> "Filled":
        """Fill, and wait for the index where there is one."""
        before, began = resident_mib(), time.perf_counter()
        gallery = Gallery(_MODEL, DIMENSION, annoy_from=annoy_from)
        try:
            gallery.replace_all(records(templates))
            filled = time.perf_counter()
            while not gallery.wait_indexed(0.2):  # in short steps, so that Ctrl-C is heard
                pass
        except BaseException:
            gallery.close()
            raise
        indexed = time.perf_counter() - filled if gallery.indexed(_REALM) else 0.0
        return cls(gallery, filled - began, indexed, resident_mib() - before)

    def nearest(self, probe: Vectors) -> str:
        """The nearest person."""
        return self.gallery.search(_REALM, probe, 1)[0].user_id


def resident_mib() -> float:
    """Memory of this process that is in RAM now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Timer:
    """Milliseconds of repeated calls."""

    def __init__(self) -> None:
        self.ms: list[float] = []

    def run(self, call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Call, and note how long it took."""
        began = time.perf_counter()
        result = call(*arguments, **named)
        self.ms.append(1e3 * (time.perf_counter() - began))
        return result

    def to_json(self) -> dict[str, float]:
        """Median, 95th percentile and mean."""
        return {
            "p50_ms": round(float(np.median(self.ms)), 4),
            "p95_ms": round(float(np.quantile(self.ms, 0.95)), 4),
            "mean_ms": round(float(np.mean(self.ms)), 4),
        }


def compared(exact: Filled, other: Filled, probes: Vectors) -> dict[str, Any]:
    """Both galleries on the same probes, in turn: times, ratio of the medians and of the means, agreement."""
    timers = Timer(), Timer()
    agreed = 0
    for number, probe in enumerate(probes):
        if number % 2:  # by turns, so that neither always finds the caches as the other left them
            second = timers[1].run(other.nearest, probe)
            first = timers[0].run(exact.nearest, probe)
        else:
            first = timers[0].run(exact.nearest, probe)
            second = timers[1].run(other.nearest, probe)
        agreed += first == second
    one, two = (timer.to_json() for timer in timers)
    return {
        "exact": one,
        **two,
        "ratio_to_exact": round(two["p50_ms"] / one["p50_ms"], 4),
        "mean_ratio_to_exact": round(two["mean_ms"] / one["mean_ms"], 4),
        "recall_at_1": agreed / len(probes),
        "probes": len(probes),
    }


def decisions(filled: Filled, population: Population, count: int) -> dict[str, Any]:
    """The whole 1:N decision: mean, search, bar, margin, agreement of frames; samples are three single photos."""
    matcher = Matcher(filled.gallery, load_manifest().embedding.calibration)
    frames = [population.mated_probes(count, 1, draw=number) for number in range(PROBE_PHOTOS)]
    timer, right = Timer(), 0
    for at, person in enumerate(frames[0][0]):
        samples = tuple(Sample(vectors[at], 0.8, None, float(i), 1) for i, (_, vectors) in enumerate(frames))
        decision = timer.run(matcher.decide, _REALM, SamplePool(PROBE_PHOTOS, samples=samples), None)
        right += decision.user_id == f"user-{person}"
    return {**timer.to_json(), "recognised": right / count, "decisions": count}


def enrol_to_searchable(gallery: Gallery, count: int = 20) -> dict[str, float]:
    """From the call that adds a template to the answer of a search that finds it."""
    timer = Timer()
    for number, template in enumerate(Population(count, seed=99).templates(TEMPLATE_PHOTOS)):
        if timer.run(_enrol, gallery, f"new-{number}", template) != f"new-{number}":
            raise RuntimeError("a new enrolment was not found at once")
        gallery.remove_person(_REALM, f"new-{number}")
    return timer.to_json()


def _enrol(gallery: Gallery, user: str, template: Vectors) -> str:
    gallery.add(_REALM, user, user, template)
    return gallery.search(_REALM, template, 1)[0].user_id


def measure(people: int, probes: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Everything about one size."""
    population = Population(people)
    say("making up people")
    templates = population.templates(TEMPLATE_PHOTOS)
    say("filling the gallery, exact")
    exact = Filled.of(templates, _NEVER)
    say("filling the gallery, indexed")
    indexed = Filled.of(templates, 1)
    del templates
    product = indexed if people >= ANNOY_FROM else exact
    with exact.gallery, indexed.gallery:
        say("searching")
        kiosk = compared(exact, indexed, population.mated_probes(probes, PROBE_PHOTOS)[1])
        hard = compared(exact, indexed, population.mated_probes(max(50, probes // 4), 1, draw=9)[1])
        say("deciding")
        return {
            "people": people,
            "search": "indexed" if product is indexed and indexed.gallery.indexed(_REALM) else "exact",
            "exact": kiosk.pop("exact"),
            "indexed": {**kiosk, "build_s": round(indexed.index_s, 2)},
            "indexed_single_photo_probe": hard,
            "decision": decisions(product, population, min(100, people)),
            "enrol_to_searchable": enrol_to_searchable(product.gallery),
            "fill_s": round(product.fill_s, 2),
            "resident_mib": {"exact": round(exact.resident_mib, 1), "indexed": round(indexed.resident_mib, 1)},
        }
