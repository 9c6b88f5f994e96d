"""What the journal gets: a message id for each kind of event, its fields, and nothing personal."""

import logging
import os
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.records import Attempt, DoorEvent, HealthEvent, LogRecord, SessionKind, Visit
from device import main
from device.journal import MESSAGE_IDS, NAME, follow, note
from device.metrics import Metrics, Sources
from device.store.watch import StoreWatch
from inference.journal import VISION_IDS, Journal, event, journal_here, priority

BOOT = {"boot_id": "b", "boot_time": 1.0}
ATTEMPT = Attempt(
    "a", "secret-token", "local", SessionKind.AUTHENTICATION, False, "ada", 0.61, "e", True, 900, "no_match", **BOOT
)
RECORDS: tuple[LogRecord, ...] = (
    ATTEMPT,
    Visit("v", "granted", "match", "ada", 0.97, 1200, ("a",), **BOOT),
    DoorEvent("d", "unlocked", "camera", "ada", "a", **BOOT, detail={"name": "Ada Lovelace"}),
    HealthEvent("h", "camera", "failed", "it is unplugged", **BOOT),
)


@pytest.fixture
def entries() -> Any:
    sent: list[dict[str, str]] = []
    handler = Journal(lambda message, **fields: sent.append({"MESSAGE": message, **fields}), NAME, MESSAGE_IDS)
    logger = logging.getLogger("device")
    logger.addHandler(handler)
    before, level = logger.level, logger.setLevel(logging.INFO)
    assert level is None
    yield sent
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_each_record_is_an_event_and_says_nothing_personal(entries: list[dict[str, str]]) -> None:
    for record in RECORDS:
        note(record)
    assert [entry["FACEKIOSK_EVENT"] for entry in entries] == ["attempt", "visit", "door", "health"]
    assert [entry["MESSAGE_ID"] for entry in entries] == [MESSAGE_IDS[entry["FACEKIOSK_EVENT"]] for entry in entries]
    assert entries[0]["FACEKIOSK_REASON"] == "no_match"
    assert entries[3] | {"PRIORITY": "4", "FACEKIOSK_COMPONENT": "camera"} == entries[3]
    assert not re.search(r"ada|lovelace|secret|0\.61|0\.97", repr(entries), re.IGNORECASE)


def test_a_line_that_is_no_event_is_a_plain_entry(entries: list[dict[str, str]]) -> None:
    logging.getLogger("device.app").error("broken: %d", 7)
    logging.getLogger("device.app").info("odd", extra=event("unheard of"))
    assert entries[0] == {
        "MESSAGE": "broken: 7",
        "LOGGER": "device.app",
        "PRIORITY": "3",
        "SYSLOG_IDENTIFIER": "facekiosk",
    }
    assert "MESSAGE_ID" not in entries[1]


def test_metrics_that_come_later_do_not_end_the_journals_events(entries: list[dict[str, str]]) -> None:
    watch, seen = StoreWatch(), list[LogRecord]()
    watch.on_record.append(seen.append)
    follow(watch)
    Metrics(cast("Sources", SimpleNamespace(store=SimpleNamespace(watch=watch))))
    watch.wrote(1, replace(ATTEMPT, success=True))
    assert len(seen) == len(entries) == 1


def test_the_journal_is_used_only_where_standard_error_goes_to_it(tmp_path: Path) -> None:
    pytest.importorskip("systemd.journal")
    with (tmp_path / "stream").open("w") as stream:
        status = os.fstat(stream.fileno())
        assert journal_here(stream, {}) is None
        assert journal_here(stream, {"JOURNAL_STREAM": "1:2"}) is None
        assert journal_here(stream, {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}) is not None


def test_ids_are_ids_and_documented(root: Path) -> None:
    ids = {**MESSAGE_IDS, **VISION_IDS}
    assert len(set(ids.values())) == len(MESSAGE_IDS) + len(VISION_IDS)
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in ids.values())
    text = (root / "docs/installer.md").read_text(encoding="utf-8")
    assert {kind for kind, each in ids.items() if f"| `{kind}` | `{each}` |" not in text} == set()


@pytest.mark.parametrize("here", [True, False])
def test_why_control_cannot_work_is_an_event_or_a_line(
    here: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(main, "journal_here", lambda: print if here else None)
    monkeypatch.setattr("sys.argv", ["facekiosk", "--config", str(tmp_path / "none.toml")])
    with pytest.raises(SystemExit) as ended:
        main.begin(None)  # type: ignore[arg-type]  # it comes to no control
    told = [(record.levelname, record.event) for record in caplog.records if "no configuration file" in record.message]  # type: ignore[attr-defined]
    assert told == ([("CRITICAL", "refused")] if here else [])
    assert ended.value.code == 1 if here else "no configuration file" in str(ended.value.code)


def test_levels_and_priorities() -> None:
    assert [priority(level) for level in (50, 40, 30, 25, 20, 10, 1)] == [2, 3, 4, 6, 6, 7, 7]
