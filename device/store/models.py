"""Choices of embedding models, as rows: the newest counts, and each is in the log's chain. For a transaction of the caller's."""

from device.audit import Value
from device.model_choice import ModelChoice
from device.store import chain, subjects
from device.store.connection import Database
from device.store.sealing import Place, unseal_fields

_CHOICES = (
    f"SELECT model_choices.*, boot_time, personal, subject_id, {subjects.KEY_COLUMNS} FROM model_choices"  # noqa: S608
    " LEFT JOIN model_changes USING (number) LEFT JOIN subjects USING (subject_id) ORDER BY number DESC LIMIT ?"
)


def choose(db: Database, choice: ModelChoice) -> int:
    """Write a choice; returns its number in the log."""
    period = subjects.period_of(choice.created_at, choice.boot_id, choice.boot_time)
    columns: dict[str, Value] = {
        "model_id": choice.model_id,
        "former_id": choice.former_id,
        "until": choice.until,
        "boot_id": choice.boot_id,
        "boot_time": choice.boot_time,
        "created_at": choice.created_at,
    }
    number = chain.append(db, "model_changes", columns, subjects.of_period(db, period), {"operator": choice.operator})
    db.insert(
        "model_choices",
        {
            "number": number,
            "model_id": choice.model_id,
            "former_id": choice.former_id,
            "boot_id": choice.boot_id,
            "until_boot": choice.until_boot,
            "until": choice.until,
            "chosen_at": choice.created_at,
        },
    )
    return number


def choices(db: Database, limit: int) -> list[ModelChoice]:
    """The newest choices, the newest first. Who chose is known as long as the log's row is kept."""
    found = []
    for row in db.rows(_CHOICES, limit):
        place = Place("model_changes", row["number"], "personal")
        known = {} if row["personal"] is None else unseal_fields(subjects.key_in(db, row), place, row["personal"])
        choice = ModelChoice(
            model_id=row["model_id"],
            former_id=row["former_id"],
            operator=known.get("operator", ""),
            boot_id=row["boot_id"],
            boot_time=row["boot_time"] or 0.0,
            until_boot=row["until_boot"],
            until=row["until"],
            created_at=row["chosen_at"],
        )
        found.append(choice)
    return found
