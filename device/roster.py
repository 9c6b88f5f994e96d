"""A roster of people as CSV: read row by row, each with its own mistake, and held against who is known. Pure."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from pydantic import TypeAdapter, ValidationError

from api.records import LOCAL, Person
from api.schema import UserId

MOST_BYTES = 1_000_000
MOST_ROWS = 5000
LONGEST_NAME = 200
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "user_id": ("user_id", "id", "user", "number", "personnel number", "nummer", "personalnummer", "kennung"),
    "name": ("name", "display_name", "display name", "full name", "anzeigename"),
    "groups": ("groups", "group", "department", "gruppen", "gruppe", "abteilung"),
    "language": ("language", "lang", "sprache"),
    "valid_from": ("valid_from", "valid from", "from", "gültig ab", "ab"),
    "valid_until": ("valid_until", "valid until", "until", "gültig bis", "bis"),
}
"""Column → how its head may be called, in small letters."""
_DELIMITERS = ";,\t"
_LANGUAGE_LETTERS = 2
_id: TypeAdapter[str] = TypeAdapter(UserId)
Midnight = Callable[[date], float]
"""When a day begins, POSIX seconds."""


class RosterRefused(ValueError):
    """The file as a whole cannot be read; `code` says why."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Row:
    """One row, as far as it could be read."""

    line: int
    """Of the file, from 1; the last one of a row that goes over several."""
    person: Person
    error: str = ""
    """What is wrong with it, as a code; empty where nothing is."""
    column: str = ""
    """Where."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What an import would make of a row: `new`, `changed`, `same`, or `error`."""

    row: Row
    outcome: str


def digest(content: bytes) -> str:
    """Names a file, so that what is imported is what was looked at."""
    return hashlib.sha256(content).hexdigest()


def read(content: bytes, midnight: Midnight) -> list[Row]:
    """The rows of a CSV file with a head, separated by commas, semicolons or tabs, in UTF-8 or Windows-1252.

    Args:
        content: the file.
        midnight: days are those of the place where the door is.

    Raises:
        RosterRefused: `too_large`, `not_text`, `no_head` (of `user_id` and `name`), `column_unknown`, `column_twice`, `no_rows`,
            `too_many_rows`.
    """
    if len(content) > MOST_BYTES:
        raise RosterRefused("too_large")
    lines = _lines(_text(content))
    columns = _columns(next(lines, (0, []))[1])
    found: list[Row] = []
    seen: set[str] = set()
    for number, cells in lines:
        if not any(cells):
            continue
        if len(found) == MOST_ROWS:
            raise RosterRefused("too_many_rows")
        row = _row(number, columns, cells, midnight)
        if not row.error and row.person.user_id in seen:
            row = replace(row, error="id_twice", column="user_id")
        seen.add(row.person.user_id)
        found.append(row)
    if not found:
        raise RosterRefused("no_rows")
    return found


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise RosterRefused("not_text")


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=head.count))
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise RosterRefused("not_text") from error


def _columns(head: Sequence[str]) -> list[str]:
    found: list[str] = []
    for cell in head:
        name = next((column for column, names in COLUMNS.items() if cell.lower() in names), None)
        if name is None:
            raise RosterRefused("column_unknown" if "user_id" in found else "no_head", cell[:LONGEST_NAME])
        if name in found:
            raise RosterRefused("column_twice", cell)
        found.append(name)
    if not {"user_id", "name"} <= set(found):
        raise RosterRefused("no_head")
    return found


def _row(line: int, columns: Sequence[str], cells: Sequence[str], midnight: Midnight) -> Row:
    given = dict(zip(columns, cells, strict=False))
    nobody = Person(LOCAL, given.get("user_id", "")[:255], given.get("name", "")[:LONGEST_NAME])
    if any(cells[len(columns) :]):
        return Row(line, nobody, "too_many_cells")
    try:
        return Row(line, _person(given, midnight))
    except _Wrong as wrong:
        return Row(line, nobody, wrong.code, wrong.column)


class _Wrong(Exception):
    def __init__(self, code: str, column: str) -> None:
        super().__init__(code)
        self.code = code
        self.column = column


def _person(given: Mapping[str, str], midnight: Midnight) -> Person:
    begin, end = _day(given, "valid_from"), _day(given, "valid_until")
    if begin is not None and end is not None and end < begin:
        raise _Wrong("dates_reversed", "valid_until")
    language = given.get("language", "").lower()
    if language and not (len(language) == _LANGUAGE_LETTERS and language.isascii() and language.isalpha()):
        raise _Wrong("language_unknown", "language")
    return Person(
        LOCAL,
        _user_id(given.get("user_id", "")),
        _name(given.get("name", "")),
        groups=tuple(dict.fromkeys(part.strip() for part in given.get("groups", "").split("|") if part.strip())),
        valid_from=None if begin is None else midnight(begin),
        # A day's end belongs to the day.
        valid_until=None if end is None else midnight(end + timedelta(days=1)),
        language=language,
    )


def _user_id(text: str) -> str:
    if not text:
        raise _Wrong("id_missing", "user_id")
    try:
        return _id.validate_python(text)
    except ValidationError as error:
        raise _Wrong("id_not_allowed", "user_id") from error


def _name(text: str) -> str:
    if not text:
        raise _Wrong("name_missing", "name")
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise _Wrong("name_not_allowed", "name")
    return text


def _day(given: Mapping[str, str], column: str) -> date | None:
    text = given.get(column, "")
    if not text:
        return None
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            day = datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
        if date(1970, 1, 1) <= day < date(9999, 1, 1):
            return day
    raise _Wrong("date_not_understood", column)


def plan(rows: Sequence[Row], known: Mapping[str, Person]) -> list[Planned]:
    """What an import would make of the rows. Of people who are known it changes what the roster says, and nothing else."""
    return [_planned(row, known.get(row.person.user_id)) for row in rows]


def _planned(row: Row, before: Person | None) -> Planned:
    if row.error:
        return Planned(row, "error")
    if before is None:
        return Planned(row, "new")
    said = row.person
    after = replace(
        before,
        display_name=said.display_name,
        groups=said.groups or before.groups,
        language=said.language or before.language,
        valid_from=before.valid_from if said.valid_from is None else said.valid_from,
        valid_until=before.valid_until if said.valid_until is None else said.valid_until,
    )
    return Planned(replace(row, person=after), "same" if after == before else "changed")
