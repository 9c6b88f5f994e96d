"""One network through all protocols of the accuracy report. What is compared with what lies in protocols.py and groups.py."""

import argparse
from typing import Any

import numpy as np

from bench.accuracy import coverings, data, groups, plots, protocols, recipe
from bench.accuracy.extract import Extractor, Pictures
from bench.accuracy.groups import Group
from bench.accuracy.metrics import Distribution, Vectors
from bench.accuracy.networks import Subject

AVERAGES = ((1, 1), (3, 1), (5, 1), (1, 3), (3, 3), (5, 3))
"""Photos averaged at enrolment, and as probe."""
WORST_AT = (1e-2, 1e-3, 1e-4)
"""False match rates of the worst group whose thresholds are reported on."""
KIOSK_AT = 1e-4

Report = dict[str, Any]


class Evaluation:
    """One network on all the data that is there."""

    def __init__(self, subject: Subject, referee: Subject | None, options: argparse.Namespace) -> None:
        self.subject, self._referee, self._options = subject, referee, options
        self._extractor = Extractor(options.out.parent / "cache")
        self._photos = data.lfw(options.eval)
        self.people = protocols.identities(self._photos)
        self._crops = data.held_out_groups(options.train) if (options.train / "index.csv").is_file() else {}
        self.roc: Distribution | None = None
        self.groups: list[Group] = []
        self.worst: dict[str, tuple[str, float]] = {}
        """Of a false match rate: the group that needs the highest cosine for it, and that cosine."""

    def report(self) -> Report:
        """Everything of one network."""
        report: Report = {"model": self.subject.name, "role": self.subject.role, "groups_kept_out": self.compare_groups()}
        report["lfw"] = self.lfw()
        if (self._options.eval / "pad" / "live").is_dir():
            report["sessions"] = self.sessions()
        if self.groups:
            report |= self._group_rows()
        if "float32" not in self.subject.role:
            report["covered"] = self.covered()
        return report

    def group_vectors(self, subject: Subject | None = None) -> dict[str, Vectors]:
        """Vectors of the photos kept out of training, by group."""
        of = self.subject if subject is None else subject
        names = list(self._crops)
        every = [photo for name in names for photo in self._crops[name]]
        if not every:
            return {}
        vectors = self._extractor.crop_embeddings(self._options.train, every, of, "groups, photos kept out of training")
        ends = np.cumsum([len(self._crops[name]) for name in names])
        return dict(zip(names, np.split(vectors, ends[:-1]), strict=True))

    def _vectors(self, pictures: Pictures) -> Vectors:
        return self._extractor.embeddings(pictures, self.subject)

    @property
    def lfw_vectors(self) -> Vectors:
        """Vectors of the LFW photos."""
        return self._vectors(Pictures("LFW", self._photos))

    def compare_groups(self) -> Report:
        """Compare within the groups, and find the thresholds that the worst one needs."""
        referees = self.group_vectors(self._referee) if self._referee else {}
        for name, vectors in self.group_vectors().items():
            self.groups.append(groups.compare(name, vectors, referees.get(name), recipe.SAME_PERSON))
        for fmr in WORST_AT:
            found = groups.worst_threshold(self.groups, fmr)
            if found is not None:
                self.worst[f"{fmr:.0e}"] = found
        referee = self._referee.name if self._referee else None
        return {"referee": referee, "photos": sum(group.photos for group in self.groups)}

    def lfw(self) -> Report:
        """Verification, identification and averaging on LFW."""
        vectors, people = self.lfw_vectors, self.people
        scores = Distribution.of_pairs(vectors, people)
        self.roc = scores
        report: Report = {
            "photos": len(vectors),
            "people": len(set(people.tolist())),
            "fte": protocols.failure_to_enrol(vectors).to_json(),
            "verification": protocols.verification(scores),
        }
        calibration = self.subject.calibration
        if calibration is not None:
            threshold = calibration.cosine_at(protocols.SHIPPED)
            file = self._options.out / f"scores_{self.subject.name}.png"
            plots.histograms(scores, threshold, f"{self.subject.name} on LFW", file)
            report["confidence_0.65"] = protocols.at_shipped_threshold(scores, calibration)
        found, gallery = protocols.one_photo_open_set(vectors, people)
        report["identification"] = protocols.identification(found, calibration, gallery)
        report["averaged"] = [self._averaged(vectors, *numbers) for numbers in AVERAGES]
        return report

    def _averaged(self, vectors: Vectors, enrolled: int, probed: int) -> Report:
        found, pairs, gallery = protocols.averaged_open_set(vectors, self.people, enrolled, probed)
        row = {"enrolled": enrolled, "probed": probed, "verification": protocols.verification(pairs)}
        meaning = self.subject.calibration
        if meaning is not None and not enrolled == probed == 1:
            meaning = meaning.of_averages()
        return row | {"identification": protocols.identification(found, meaning, gallery)}

    def sessions(self) -> Report:
        """Webcam frames of the PAD subjects across sessions: the kiosk's own kind of picture."""
        photos = data.pad_live(self._options.eval)
        vectors = self._vectors(Pictures("webcam sessions", photos))
        scores = protocols.across_sessions(vectors, photos)
        report = {"fte": protocols.failure_to_enrol(vectors).to_json(), "verification": protocols.verification(scores)}
        if self.subject.calibration is not None:
            report["confidence_0.65"] = protocols.at_shipped_threshold(scores, self.subject.calibration)
        return report

    def _group_rows(self) -> Report:
        """Rates by group, at the shipped threshold and at this network's own worst group's; LFW and kiosk there."""
        report: Report = {"spread": {}}
        if self.subject.calibration is not None:
            shipped = self.subject.calibration.cosine_at(protocols.SHIPPED)
            report["groups"] = groups.rows(self.groups, shipped)
            report["spread"]["confidence_0.65"] = groups.spread(self.groups, shipped)
            self._draw_curves(shipped, "confidence .65")
        if "1e-03" in self.worst:
            report["groups_at_own_worst"] = groups.rows(self.groups, self.worst["1e-03"][1])
            if self.subject.calibration is None:
                self._draw_curves(self.worst["1e-03"][1], "where the worst All-Age-Faces group has 1e-3")
        for fmr, (_, threshold) in self.worst.items():
            report["spread"][f"own_worst_{fmr}"] = groups.spread(self.groups, threshold)
        genuine, owners = protocols.genuine_pairs(self.lfw_vectors, self.people)
        report["worst_group"] = {
            fmr: {"group": name, "lfw": protocols.at_threshold(genuine, owners, threshold)}
            for fmr, (name, threshold) in self.worst.items()
        }
        return report | {"kiosk": self._kiosk()}

    def _draw_curves(self, threshold: float, label: str) -> None:
        name = self.subject.name
        plots.group_curves(self.groups, threshold, label, name, self._options.out / f"groups_{name}.png")

    def _kiosk(self) -> Report:
        """Five photos against the mean of three, where the worst group's single photos have a rate of `KIOSK_AT`."""
        scores, owners = protocols.kiosk_pairs(self.lfw_vectors, self.people)
        report: Report = {"people": len(set(owners.tolist())), "comparisons": len(scores)}
        if (worst := self.worst.get(f"{KIOSK_AT:.0e}")) is None:
            return report
        report["single_photo_threshold"] = protocols.at_threshold(scores, owners, worst[1])
        calibration = self.subject.calibration
        if calibration is not None and calibration.averaging:
            judged = 1 - (1 - worst[1]) / (1 + calibration.averaging / 2)
            report["judged_as_averages"] = protocols.at_threshold(scores, owners, judged)
        return report

    def covered(self) -> Report:
        """Photos with something drawn over the face, or dark, against one clean photo a person."""
        gallery, _ = protocols.first_and_others(self.people)
        probes = protocols.one_probe_each(self.people, gallery)
        owners, people = self.people[gallery], self.people[probes]
        vectors = self.lfw_vectors
        clean, _ = protocols.against_clean_gallery(vectors[gallery], owners, vectors[probes], people)
        fixed = clean.threshold_at_fmr(1e-3)
        report: Report = {"gallery": len(gallery), "probes": len(probes)}
        for condition in ("", *coverings.CONDITIONS):
            drawn = Pictures(f"LFW, {condition}", [self._photos[i] for i in probes], condition)
            found = self._vectors(drawn) if condition else vectors[probes]
            scores, own = protocols.against_clean_gallery(vectors[gallery], owners, found, people)
            report[condition or "clean"] = {
                "fte": protocols.failure_to_enrol(found).to_json(),
                "at_own_1e-03": protocols.at_threshold(own, people, scores.threshold_at_fmr(1e-3)),
                "at_clean_1e-03": protocols.at_threshold(own, people, fixed) | {"fmr": scores.fmr_at(fixed).to_json()},
            }
        return report
