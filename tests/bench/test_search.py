"""The search benchmark on small numbers: made-up people that stay the same, and a report whose figures hang together."""

import json

import numpy as np
import pytest

from bench import search, search_measure
from bench.vectors import DIMENSION, Population
from inference.gallery_annoy import available
from inference.manifest import default_manifest

needs_annoy = pytest.mark.skipif(not available(), reason="annoy is not installed (extra `index`)")
needs_model = pytest.mark.skipif(not default_manifest().exists(), reason="models/manifest.toml is absent")


@pytest.fixture(autouse=True)
def few_at_a_time(monkeypatch):
    """Chunks of identities small enough for tests."""
    monkeypatch.setattr("bench.vectors._CHUNK", 256)


def test_people_are_the_same_each_time_and_however_many_there_are():
    some, more = Population(300), Population(700)
    assert np.array_equal(some.templates(1)[:256], more.templates(1)[:256])
    assert np.array_equal(more.templates(5), Population(700).templates(5))
    assert not np.array_equal(more.templates(1), Population(700, seed=2).templates(1))


def test_vectors_are_unit_float32():
    for vectors in (Population(300).templates(5), Population(300).mated_probes(20, 3)[1]):
        assert vectors.dtype == np.float32
        assert vectors.shape[1] == DIMENSION
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_probes_are_other_photos_of_the_people_they_name():
    population = Population(600)
    templates = population.templates(5)
    who, probes = population.mated_probes(100, 3)
    again, others = population.mated_probes(100, 3, draw=1)
    assert np.array_equal(who, again)
    assert not np.array_equal(probes, others)
    scores = probes @ templates.T
    own = scores[np.arange(100), who]
    assert (scores.argmax(axis=1) == who).mean() > 0.97
    assert own.max() < 0.9999
    assert own.mean() > scores.mean() + 0.05


@needs_annoy
@needs_model
def test_the_report_says_what_was_measured(tmp_path, capsys):
    path = tmp_path / "reports" / "search.json"
    assert search.main(["--sizes", "600", "--probes", "40", "--json", str(path)]) == 0
    found = json.loads(path.read_text(encoding="utf-8"))
    assert set(found) == {
        "machine", "threads", "annoy", "annoy_from", "template_photos", "probe_photos", "sizes", "targets",
    }  # fmt: skip
    (size,) = found["sizes"]
    assert (size["people"], size["search"]) == (600, "exact")
    assert size["indexed"]["recall_at_1"] == 1
    assert size["indexed"]["probes"] == 40
    assert size["indexed"]["build_s"] > 0
    for row in (size["exact"], size["indexed"], size["decision"], size["enrol_to_searchable"]):
        assert 0 < row["p50_ms"] <= row["p95_ms"]
    assert str(path) in capsys.readouterr().out.replace("\n", "")


def test_an_interruption_writes_nothing_and_says_so(tmp_path, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(search, "measure", interrupted)
    path = tmp_path / "search.json"
    assert search.main(["--sizes", "600", "--json", str(path)]) == 130
    assert not path.exists()
    assert "interrupted" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--sizes", "5"], ["--probes", "0"], ["--sizes", "many"]])
def test_sizes_that_make_no_sense_are_refused(arguments):
    with pytest.raises(SystemExit, match="2"):
        search.main(arguments)


def row(p50, recall=1.0, ratio=0.1):
    return {"decision": {"p50_ms": p50}, "indexed": {"recall_at_1": recall, "ratio_to_exact": ratio}}


def test_targets_are_met_or_missed_by_the_figures():
    good = search.targets([{"people": 10_000, **row(1.9)}, {"people": 1_000_000, **row(9)}])
    bad = search.targets([{"people": 10_000, **row(2.1)}, {"people": 1_000_000, **row(9, 0.998, 0.3)}])
    assert [target["met"] for target in good] == [True] * 3
    assert [target["met"] for target in bad] == [False] * 3


def test_a_disagreement_lowers_recall():
    class Fixed:
        def __init__(self, names):
            self.names = iter(names)

        def nearest(self, _):
            return next(self.names)

    found = search_measure.compared(Fixed("abcd"), Fixed("abxd"), np.zeros((4, 2), np.float32))
    assert found["recall_at_1"] == 0.75
