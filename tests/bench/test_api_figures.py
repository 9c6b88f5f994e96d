"""The pure parts of the session API's benchmark: what readers saw held against the log, figures against promises."""

import asyncio
import json
import os
import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from api.errors import STATUS
from bench.api import __main__ as program
from bench.api import kills
from bench.api.__main__ import options
from bench.api.audit import Life, audit, lives
from bench.api.figures import PARTS, Row, fairness, rows, spread, table
from bench.api.rates import summary as rates_summary
from bench.api.served import merged, toml
from bench.api.traffic import Tally
from device.config import load_config

LOG = [3, 4, 7, 8, 9, 12]
CLEAN = {"lost": 0, "out_of_order": 0, "repeated_though_stored": 0, "repeated": 0}


def test_a_reader_that_saw_everything_once_has_nothing_against_it():
    assert audit([Life(0, 0, LOG)], LOG) == CLEAN


@settings(deadline=None)
@given(st.sets(st.integers(1, 10_000), min_size=1, max_size=30).map(sorted), st.data())
def test_lives_that_follow_on_one_another_are_clean_but_for_what_they_repeat(log, data):
    seen, reached, stored, repeated = [], 0, 0, 0
    while reached < len(log):
        first = data.draw(st.integers(stored, reached))
        end = data.draw(st.integers(first + 1, len(log)))
        seen.append(Life(log[first - 1] if first else 0, log[stored - 1] if stored else 0, log[first:end]))
        repeated += max(0, min(end, reached) - first)
        reached, stored = max(reached, end), max(stored, data.draw(st.integers(first, end)))
    found = audit(seen, log)
    assert (found["lost"], found["out_of_order"], found["repeated_though_stored"]) == (0, 0, 0)
    # One life cannot repeat more than what was seen before it; several may repeat the same.
    assert bool(found["repeated"]) == bool(repeated)


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [
        ([Life(0, 0, [3, 4, 8, 9, 12])], {"lost": 1, "out_of_order": 1}),
        ([Life(0, 0, [4, 3, 7, 8, 9, 12])], {"out_of_order": 1}),
        ([Life(0, 0, [3, 4]), Life(7, 0, [8, 9, 12])], {"lost": 1, "out_of_order": 1}),
        ([Life(0, 0, [3, 4, 7]), Life(3, 4, [4, 7, 8, 9, 12])], {"repeated": 2, "repeated_though_stored": 1}),
        ([Life(0, 0, [3, 4, 7, 8])], {"lost": 2}),
        ([Life(0, 0, [3, 4, 5, 7, 8, 9, 12])], {"out_of_order": 1}),
    ],
)
def test_what_went_wrong_is_counted(seen, wrong):
    assert audit(seen, LOG) == CLEAN | wrong


def test_lives_are_read_from_lines_and_a_line_cut_off_does_not_count():
    text = "begin 0\nevent 3\nevent 4\nstored 4\nevent 7\nbegin 4\nevent 7\nstored 3\nbegin 7\nevent 1"
    assert lives(text) == [Life(0, 0, [3, 4, 7]), Life(4, 4, [7]), Life(7, 4, [])]


def test_a_decision_that_was_answered_and_is_not_in_the_log_is_forgotten():
    seen = {reader: [Life(0, 0, [1, 2])] for reader in kills.READERS}
    found = kills.summary([(1, "aaaa"), (2, "bbbb")], ["aaaa", "cccc"], seen, {"control": 1, "socket": 2, "webhook": 3})
    assert (found["events"], found["answered"], found["forgotten"]) == (2, 2, 1)
    assert found["socket"] == CLEAN


def test_everybody_is_killed_also_while_decisions_are_made():
    shares = [share for share, _ in kills.PLAN]
    assert shares == sorted(shares)
    for name in ("control", *kills.READERS):
        assert sum(victim == name for _, victim in kills.PLAN) >= 3
        assert any(victim == name and share > 0.9 for share, victim in kills.PLAN)


def test_promises_are_kept_or_not():
    assert Row("p99", 50, 50).met is True
    assert Row("p99", 50.1, 50).met is False
    assert Row("ratio", 0.9, 0.9, most=False).met is True
    assert Row("ratio", 0.89, 0.9, most=False).met is False
    assert Row("ratio", float("nan"), 0.9, most=False).met is False
    assert Row("p99", 50).met is None


def test_times_and_fairness():
    assert spread([1.0, 2.0, 3.0]) == {"p50": 2.0, "p99": 2.98, "max": 3.0, "count": 3}
    with pytest.raises(ValueError, match="nothing was timed"):
        spread([])
    assert fairness([10, 15, 12]) == 1.5
    assert fairness([10, 0]) is None
    assert fairness([]) is None


def test_answers_are_counted_by_what_they_mean():
    tally = Tally()
    for code in ("", "too_dark", "superseded", "superseded", "vision_unavailable", "no_face_detected", "internal_error"):
        tally.take(code)
    assert (tally.judged, tally.server_errors) == (3, 2)
    assert {code for code in tally.codes if STATUS.get(code, 0) >= 500} == {"vision_unavailable", "internal_error"}


def test_ratios_are_taken_within_a_round():
    taken = {("bare", 1): [10.0, 40.0, 20.0], ("socket", 1): [9.0, 20.0, 19.0]}
    assert rates_summary(taken) == {
        "bare": {"1": {"per_s": 20.0, "rounds": [10.0, 40.0, 20.0]}},
        "socket": {"1": {"per_s": 19.0, "rounds": [9.0, 20.0, 19.0], "ratio": 0.9, "ratios": [0.9, 0.5, 0.95]}},
    }


def test_settings_are_a_configuration_that_the_device_takes(tmp_path):
    text = toml(merged({"limits": {"client_rate": 1}}, {"limits": {"client_rate": 5000}, "camera": {"loop": True}}))
    file = tmp_path / "facekiosk.toml"
    file.write_text(text)
    config = load_config(file)
    assert (config.limits.client_rate, config.camera.loop) == (5000, True)


def figures(bad: bool) -> dict:
    times = {"ms": {"p99": 80.0 if bad else 4.0}, "per_s": 100.0}
    reader = {**CLEAN, "lost": int(bad)}
    return {
        "rates": {way: {"1": {"ratio": 0.5 if bad else 0.95}} for way in ("socket", "ahead", "rest")},
        "load": {
            "sockets": 16,
            "server_errors": int(bad),
            "fairness": None if bad else 1.1,
            "health_ms": {"p99": 51 if bad else 9},
            "camera": {"drop": 0.2 if bad else -0.01},
        },
        "sessions": {"1": {"api": times, "echo": times}},
        "memory": {"first": 100, "sessions": 1000, "growth_mb": {"control": 6.0 if bad else -0.5}},
        "kills": {
            "events": 10_000,
            "forgotten": int(bad),
            "kills": {"control": 4, "socket": 4, "webhook": 4},
            "socket": reader,
            "webhook": reader,
        },
    }


def test_every_part_has_its_rows_and_all_of_them_can_fail():
    good, bad = rows(figures(bad=False)), rows(figures(bad=True))
    assert len(good) == len(bad)
    assert {row.met for row in good} == {True, None}
    for part in PARTS:
        if part != "sessions":
            assert any(row.met is False for row in rows({part: figures(bad=True)[part]}))
    assert table(bad).row_count == len(bad)


def test_a_part_that_could_not_be_measured_is_not_reached():
    (row,) = rows({"load": {"failed": "TimeoutError: nothing came"}})
    assert row.met is False
    assert "nothing came" in row.what


async def test_a_part_that_fails_leaves_the_others(monkeypatch, capsys, tmp_path):
    async def measured(part, *_):
        if part == "load":
            raise TimeoutError("nothing came")
        return {"part": part}

    monkeypatch.setattr(program, "measured", measured)
    monkeypatch.setattr(program, "jpegs", lambda _: [])
    given = options(["--only", "load", "sessions", "--out", str(tmp_path)])
    found = await program.report(given, Console(quiet=True))
    assert (found["load"], found["sessions"]) == ({"failed": "TimeoutError: nothing came"}, {"part": "sessions"})
    assert json.loads((tmp_path / "api.json").read_text()) == found
    assert "nothing came" in capsys.readouterr().err


def test_a_part_that_was_not_run_has_no_rows():
    assert rows({"machine": {}}) == []


@pytest.mark.parametrize("words", [["--only", "nothing"], ["--seconds", "0"], ["--sessions", "1"], ["--events", "many"]])
def test_options_that_make_no_sense_are_refused(words, capsys):
    with pytest.raises(SystemExit, match="2"):
        options(words)
    assert "make bench-api" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_what_was_measured_and_says_so(tmp_path, monkeypatch, capsys, number):
    async def measured(part, *_):
        if part == "sessions":
            os.kill(os.getpid(), number)
            await asyncio.sleep(10)
        return {"part": part}

    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(program, "measured", measured)
    monkeypatch.setattr(program, "jpegs", lambda _: [])
    try:
        assert program.main(["--only", "load", "sessions", "--out", str(tmp_path)]) == 130
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    report = json.loads((tmp_path / "api.json").read_text())
    assert (report["load"], "sessions" in report) == ({"part": "load"}, False)
    assert "interrupted" in capsys.readouterr().err


def test_without_options_it_is_what_was_promised():
    given = options([])
    assert (given.seconds, given.sessions, given.events, given.only) == (60.0, 1000, 10_000, list(PARTS))
    assert json.loads(json.dumps(vars(given), default=str))
