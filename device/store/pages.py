"""The log as readers by cursor see it, and its retention: a realm's records in order, and cutting off the oldest."""

from collections.abc import Sequence

from api.records import LOCAL, LogPage, LogRecord
from device.store import chain, log
from device.store.connection import Database

_DATED = "coalesce(created_at, boot_time + wall_minus_boot)"


def page(db: Database, realm: str, after: int, limit: int, attempts_only: bool, user_id: str | None) -> LogPage:
    """Up to `limit` records numbered above `after` that the realm may see. The rest is the device's own realm's."""
    start, newest = chain.span(db)
    found: list[Sequence[tuple[int, LogRecord]]] = [log.attempts(db, realm, after, limit, user_id)]
    if realm == LOCAL and not attempts_only:
        found += [log.visits(db, after, limit, False), log.door_events(db, after, limit), log.health_events(db, after, limit)]
    records = sorted((each for part in found for each in part), key=lambda each: each[0])
    return LogPage(tuple(records[:limit]), start, newest)


def boundary(db: Database, before: float) -> int:
    """The number up to which the log is older than `before` (POSIX seconds). The newest row always stays: it dates the clock.

    Rows without a date count with their neighbours.
    """
    _, newest = chain.span(db)
    old, young = 0, newest
    for table in chain.TABLES:
        select = f"SELECT number FROM {table} LEFT JOIN boots USING (boot_id) WHERE {_DATED} {{}} ? ORDER BY number {{}} LIMIT 1"  # noqa: S608
        first, last = db.row(select.format(">=", "ASC"), before), db.row(select.format("<", "DESC"), before)
        young = young if first is None else min(young, first["number"])
        old = old if last is None else max(old, last["number"])
    return min(old, young - 1)
