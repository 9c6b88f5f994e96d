"""The gallery against brute force and a naive model: exact, indexed, changed under searches. A wrong id lets a stranger in."""

import threading
import time
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from inference import gallery_annoy
from inference.gallery import Candidate, Gallery

DIMENSION = 16
REALMS = ("local", "shop")

needs_annoy = pytest.mark.skipif(not gallery_annoy.available(), reason="annoy is not installed (extra `index`)")


@dataclass(frozen=True)
class Record:
    realm: str
    user_id: str
    enrollment_id: str
    model_id: str
    template: np.ndarray


def unit_rows(count, dimension=DIMENSION, seed=0):
    """Like faces: a common mean, and most of the variance in few directions."""
    draw = np.random.default_rng(seed)
    rows = 0.8 + draw.standard_normal((count, dimension)) * np.geomspace(1, 0.05, dimension)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def records(vectors, per_person=1, realm="local", model="m1"):
    return [Record(realm, f"user{i // per_person}", f"enrolment{i}", model, vector) for i, vector in enumerate(vectors)]


def brute(kept, probe, k):
    """The k best people of {(user, enrolment): vector}, by the nearest template of each."""
    best = {}
    for (user, enrollment), vector in kept.items():
        cosine = float(np.float64(vector) @ np.float64(probe))
        if user not in best or cosine > best[user][1]:
            best[user] = (enrollment, cosine)
    return sorted(((user, *rest) for user, rest in best.items()), key=lambda row: -row[2])[:k]


def same(found, expected):
    assert [candidate.user_id for candidate in found] == [row[0] for row in expected]
    assert [candidate.enrollment_id for candidate in found] == [row[1] for row in expected]
    assert [candidate.cosine for candidate in found] == pytest.approx([row[2] for row in expected], abs=1e-5)


@pytest.fixture
def gallery():
    with Gallery("m1", DIMENSION) as made:
        yield made


@pytest.fixture
def small_index():
    """A gallery that is indexed from 400 templates on."""
    with Gallery("m1", DIMENSION, annoy_from=400) as made:
        yield made


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 60), per_person=st.integers(1, 4), k=st.integers(1, 5), seed=st.integers(0, 1000))
def test_exact_search_is_what_brute_force_finds(count, per_person, k, seed):
    vectors, probe = unit_rows(count, seed=seed), unit_rows(1, seed=seed + 1)[0]
    gallery = Gallery("m1", DIMENSION)
    gallery.replace_all(records(vectors, per_person))
    same(
        gallery.search("local", probe, k),
        brute({(r.user_id, r.enrollment_id): r.template for r in records(vectors, per_person)}, probe, k),
    )


def test_nobody_is_found_where_nobody_is(gallery):
    probe = unit_rows(1)[0]
    assert gallery.search("local", probe) == []
    assert gallery.compare("local", "anna", probe) is None
    assert (gallery.people_count("local"), gallery.has_person("local", "anna")) == (0, False)
    assert gallery.remove_person("local", "anna") == 0
    assert gallery.remove_enrollment("local", "none") is False


def test_realms_do_not_see_each_other(gallery):
    one, other = unit_rows(2)
    gallery.add("local", "anna", "e1", one)
    gallery.add("shop", "anna", "e2", other)
    assert [found.enrollment_id for found in gallery.search("local", other)] == ["e1"]
    assert gallery.compare("shop", "anna", other) == Candidate("anna", "e2", pytest.approx(1, abs=1e-6))
    gallery.remove_person("local", "anna")
    assert gallery.search("local", one) == []
    assert gallery.people_count("shop") == 1


def test_a_person_is_as_near_as_their_nearest_template(gallery):
    first, second, probe = unit_rows(3)
    gallery.add("local", "anna", "e1", first)
    gallery.add("local", "anna", "e2", second)
    nearest = max(first @ probe, second @ probe)
    assert gallery.compare("local", "anna", probe).cosine == pytest.approx(nearest, abs=1e-6)
    assert len(gallery.search("local", probe, 5)) == 1
    assert gallery.people_count("local") == 1


def test_the_same_enrolment_again_replaces_and_another_persons_is_refused(gallery):
    old, new = unit_rows(2)
    gallery.add("local", "anna", "e1", old)
    gallery.add("local", "anna", "e1", new)
    assert gallery.compare("local", "anna", new).cosine == pytest.approx(1, abs=1e-6)
    with pytest.raises(ValueError, match="another person"):
        gallery.add("local", "bert", "e1", old)
    assert gallery.search("local", new)[0].user_id == "anna"


def test_templates_of_another_model_are_left_out_and_counted(gallery):
    vectors = unit_rows(4)
    assert gallery.replace_all([*records(vectors[:3]), *records(vectors[3:], model="m2", realm="shop")]) == 1
    assert (gallery.people_count("local"), gallery.people_count("shop")) == (3, 0)


@pytest.mark.parametrize(
    "bad",
    [np.ones(DIMENSION), np.zeros(DIMENSION), np.full(DIMENSION, np.nan), np.eye(1, DIMENSION + 1)[0], np.eye(DIMENSION), np.inf],
)
def test_what_is_no_unit_vector_of_this_dimension_is_refused_everywhere(gallery, bad):
    gallery.add("local", "anna", "e1", unit_rows(1)[0])
    for attempt in (
        lambda: gallery.add("local", "bert", "e2", bad),
        lambda: gallery.search("local", bad),
        lambda: gallery.compare("local", "anna", bad),
        lambda: gallery.replace_all([Record("local", "bert", "e2", "m1", bad)]),
    ):
        with pytest.raises(ValueError, match="embedding"):
            attempt()
    assert gallery.people_count("local") == 1


class GalleryMachine(RuleBasedStateMachine):
    """Any order of changes, against a dictionary. Indexed from 8 templates on, so that builds, gaps and fresh rows all occur."""

    @initialize(annoy_from=st.sampled_from([8, 1_000]))
    def start(self, annoy_from):
        self.gallery = Gallery("m1", DIMENSION, annoy_from=annoy_from)
        self.kept = {realm: {} for realm in REALMS}
        self.vectors = unit_rows(2_000, seed=annoy_from)
        self.drawn = 0

    def draw(self):
        self.drawn += 1
        return self.vectors[self.drawn % len(self.vectors)]

    @rule(realm=st.sampled_from(REALMS), user=st.integers(0, 9), number=st.integers(0, 2))
    def add(self, realm, user, number):
        vector = self.draw()
        self.gallery.add(realm, f"u{user}", f"e{user}-{number}", vector)
        self.kept[realm][f"u{user}", f"e{user}-{number}"] = vector

    @rule(realm=st.sampled_from(REALMS), first=st.integers(10, 40))
    def add_many(self, realm, first):
        for user in range(first, first + 12):
            self.add(realm, user, 0)

    @rule(realm=st.sampled_from(REALMS), user=st.integers(0, 40))
    def remove_person(self, realm, user):
        gone = [key for key in self.kept[realm] if key[0] == f"u{user}"]
        assert self.gallery.remove_person(realm, f"u{user}") == len(gone)
        for key in gone:
            del self.kept[realm][key]

    @rule(realm=st.sampled_from(REALMS), user=st.integers(0, 40), number=st.integers(0, 2))
    def remove_enrollment(self, realm, user, number):
        key = (f"u{user}", f"e{user}-{number}")
        assert self.gallery.remove_enrollment(realm, key[1]) is (self.kept[realm].pop(key, None) is not None)

    @rule(keep=st.integers(0, 20))
    def replace_all(self, keep):
        self.kept = {realm: dict(list(kept.items())[:keep]) for realm, kept in self.kept.items()}
        self.gallery.replace_all(
            Record(realm, *key, "m1", vector) for realm, kept in self.kept.items() for key, vector in kept.items()
        )

    @rule()
    def let_the_index_be_built(self):
        assert self.gallery.wait_indexed(20)

    @invariant()
    def finds_what_the_model_finds(self):
        if not hasattr(self, "gallery"):
            return
        probe = self.vectors[(7 * self.drawn) % len(self.vectors)]
        for realm, kept in self.kept.items():
            same(self.gallery.search(realm, probe, 3, within=2.0), brute(kept, probe, 3))
            assert self.gallery.people_count(realm) == len({user for user, _ in kept})

    def teardown(self):
        if hasattr(self, "gallery"):
            self.gallery.close()


TestAnyOrderOfChanges = GalleryMachine.TestCase
TestAnyOrderOfChanges.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@needs_annoy
def test_the_index_finds_exactly_who_exact_search_finds(small_index):
    vectors = unit_rows(3000)
    small_index.replace_all(records(vectors, per_person=2))
    assert small_index.wait_indexed(30)
    assert small_index.indexed("local") == 3000
    exact = Gallery("m1", DIMENSION, annoy_from=10_000)
    exact.replace_all(records(vectors, per_person=2))
    for probe in np.concatenate([unit_rows(60, seed=9), vectors[:60]]):
        found, expected = small_index.search("local", probe, 2, within=0.02), exact.search("local", probe, 2)
        assert found[0].user_id == expected[0].user_id
        if expected[0].cosine - expected[1].cosine <= 0.02:
            assert found[1].user_id == expected[1].user_id


@needs_annoy
def test_new_ones_are_found_at_once_and_removed_ones_no_more(small_index):
    vectors = unit_rows(1200)
    small_index.replace_all(records(vectors[:1000]))
    assert small_index.wait_indexed(30)
    for i in range(1000, 1020):
        small_index.add("local", f"user{i}", f"enrolment{i}", vectors[i])
        assert small_index.search("local", vectors[i])[0].user_id == f"user{i}"
    assert small_index.indexed("local") == 1000
    for i in (0, 500, 1010):
        assert small_index.remove_person("local", f"user{i}") == 1
        assert small_index.search("local", vectors[i])[0].user_id != f"user{i}"


@needs_annoy
def test_an_index_is_renewed_when_much_is_new_and_dropped_when_little_is_left(small_index):
    vectors = unit_rows(1000)
    small_index.replace_all(records(vectors[:500]))
    assert small_index.wait_indexed(30)
    for i in range(500, 1000):
        small_index.add("local", f"user{i}", f"enrolment{i}", vectors[i])
    assert small_index.wait_indexed(30)
    assert small_index.indexed("local") > 900
    for i in range(900):
        small_index.remove_person("local", f"user{i}")
    assert small_index.wait_indexed(30)
    assert small_index.indexed("local") == 0
    assert small_index.search("local", vectors[950])[0].user_id == "user950"


@needs_annoy
def test_changes_under_searches_never_name_the_wrong_person(small_index):
    """Vectors are those of their person for ever, so a found cosine of 1 with another id is a mix-up."""
    vectors = unit_rows(1500, seed=3)
    small_index.replace_all(records(vectors[:600]))
    until, wrong, searches = time.monotonic() + 4, [], [0]

    def look(seed):
        draw = np.random.default_rng(seed)
        while time.monotonic() < until:
            i = int(draw.integers(1500))
            for found in small_index.search("local", vectors[i]):
                number = int(found.user_id.removeprefix("user"))
                if abs(float(vectors[number] @ vectors[i]) - found.cosine) > 1e-5 or found.enrollment_id != f"enrolment{number}":
                    wrong.append(found)
            if i < 300 and small_index.search("local", vectors[i])[0].user_id != f"user{i}":
                wrong.append(i)
            searches[0] += 1

    threads = [threading.Thread(target=look, args=(seed,)) for seed in range(2)]
    for thread in threads:
        thread.start()
    builds, draw = set(), np.random.default_rng(7)
    while time.monotonic() < until:
        i = int(draw.integers(300, 1500))
        small_index.add("local", f"user{i}", f"enrolment{i}", vectors[i])
        small_index.remove_enrollment("local", f"enrolment{int(draw.integers(300, 1500))}")
        builds.add(small_index.indexed("local"))
    for thread in threads:
        thread.join()
    assert wrong == []
    assert searches[0] > 100
    assert len(builds) > 2, "no index was swapped during the test"


@needs_annoy
def test_a_gallery_put_away_while_its_index_is_built_leaves_no_trace(small_index):
    vectors = unit_rows(2000)
    small_index.replace_all(records(vectors))
    small_index.replace_all(records(vectors[:3]))
    assert small_index.wait_indexed(30)
    assert small_index.indexed("local") == 0
    assert small_index.people_count("local") == 3


@needs_annoy
def test_a_failed_build_leaves_search_exact(small_index, monkeypatch, caplog):
    def fail(*_):
        raise MemoryError("no room")

    monkeypatch.setattr(gallery_annoy, "_grow", fail)
    vectors = unit_rows(500)
    small_index.replace_all(records(vectors))
    assert small_index.wait_indexed(30)
    assert small_index.indexed("local") == 0
    assert small_index.search("local", vectors[7])[0].user_id == "user7"
    assert "stays exact" in caplog.text


@needs_annoy
def test_nothing_is_built_after_close():
    gallery = Gallery("m1", DIMENSION, annoy_from=10)
    gallery.close()
    gallery.replace_all(records(unit_rows(50)))
    assert gallery.wait_indexed(5)
    assert gallery.indexed("local") == 0


def test_without_annoy_search_is_exact_and_one_line_says_so(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert len(gallery_annoy.notice().splitlines()) == 1
    gallery = Gallery("m1", DIMENSION, annoy_from=10)
    vectors = unit_rows(50)
    gallery.replace_all(records(vectors))
    assert gallery.wait_indexed(5)
    assert gallery.indexed("local") == 0
    assert gallery.search("local", vectors[3])[0].user_id == "user3"


@needs_annoy
def test_with_annoy_there_is_nothing_to_say():
    assert gallery_annoy.notice() == ""
