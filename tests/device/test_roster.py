"""Rosters as CSV: whatever comes, every row is there with its own mistake, and what is written so is read so."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.records import LOCAL, Person
from device import roster
from device.roster import MOST_ROWS, RosterRefused, Row, plan

ids = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)
names = st.text(st.characters(categories=("L", "N", "Zs", "Po")), min_size=1, max_size=40).map(str.strip).filter(bool)


def read(content: bytes) -> list[Row]:
    return roster.read(content, lambda day: datetime.combine(day, time(), UTC).timestamp())


def written(rows: list[list[str]], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode()


@given(st.lists(st.tuples(ids, names), min_size=1, max_size=12, unique_by=lambda row: row[0]), st.sampled_from(",;\t"))
@settings(max_examples=40)
def test_what_is_written_is_read(people: list[tuple[str, str]], delimiter: str) -> None:
    rows = read(written([["user_id", "name"], *map(list, people)], delimiter))
    found = {row.person.user_id: row.person.display_name for row in rows if not row.error}
    assert found == {user_id: name for user_id, name in people if name.isprintable()}
    assert [row.outcome for row in plan(rows, {}) if not row.row.error] == ["new"] * len(found)


@given(st.binary(max_size=300), st.sampled_from([b"", b"user_id,name\n", b"name;id;ab\n"]))
@settings(max_examples=80)
def test_anything_is_read_or_refused_in_words(content: bytes, head: bytes) -> None:
    try:
        rows = read(head + content)
    except RosterRefused:
        return
    good = [row.person.user_id for row in rows if not row.error]
    assert len(good) == len(set(good))
    assert all(row.person.display_name and row.person.realm == LOCAL for row in rows if not row.error)


@pytest.mark.parametrize(
    ("line", "error", "column"),
    [
        (",Ada", "id_missing", "user_id"),
        ("a\u202eb,Ada", "id_not_allowed", "user_id"),
        ("ada,", "name_missing", "name"),
        ("ada," + "x" * 201, "name_not_allowed", "name"),
        ("ada,Ada,staff,english", "language_unknown", "language"),
        ("ada,Ada,,,31.02.2027", "date_not_understood", "valid_from"),
        ("ada,Ada,,,2027-03-02,2027-03-01", "dates_reversed", "valid_until"),
        ("ada,Ada,,,,,what", "too_many_cells", ""),
    ],
)
def test_each_row_has_its_own_error_and_the_others_are_good(line: str, error: str, column: str) -> None:
    head = "user_id,name,groups,language,valid_from,valid_until"
    rows = read(f"{head}\nbob,Bob,a|b,de,2027-01-01,31.12.2027\n{line}\neve,Eve\nbob,Bob again\n".encode())
    assert [(row.error, row.column) for row in rows] == [("", ""), (error, column), ("", ""), ("id_twice", "user_id")]
    bob = rows[0].person
    assert (bob.groups, bob.language) == (("a", "b"), "de")
    assert (bob.valid_until or 0) - (bob.valid_from or 0) == 365 * 86_400, "the last day is one of them"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_head"),
        (b"user_id,name\n\n , \n", "no_rows"),
        (b"user_id\nada\n", "no_head"),
        (b"user_id,name,password\nada,Ada,x\n", "column_unknown"),
        (b"user_id,name,Name\nada,Ada,x\n", "column_twice"),
        (b"\0\0\0", "not_text"),
        (b"user_id,name\n" + b"x,y\n" * (MOST_ROWS + 1), "too_many_rows"),
        (b"x" * 1_000_001, "too_large"),
    ],
)
def test_files_that_are_no_roster_are_refused(content: bytes, code: str) -> None:
    with pytest.raises(RosterRefused) as refused:
        read(content)
    assert refused.value.code == code


def test_what_a_german_spreadsheet_saves_is_read() -> None:
    (row,) = read("Personalnummer;Name;Abteilung\r\n17;Käthe Groß;Küche\r\n".encode("cp1252"))
    assert (row.person.user_id, row.person.display_name, row.person.groups) == ("17", "Käthe Groß", ("Küche",))


def test_an_import_changes_what_the_roster_says_and_nothing_else() -> None:
    ada = Person(LOCAL, "ada", "Ada", groups=("a",), accommodations=("slow",), status="disabled", created_at=1.0)
    rows = read(b"id,name\nada,Ada Lovelace\n")
    (planned,) = plan(rows, {"ada": ada})
    assert (planned.outcome, planned.row.person) == ("changed", replace(ada, display_name="Ada Lovelace"))
    assert [each.outcome for each in plan(rows, {"ada": planned.row.person})] == ["same"]
