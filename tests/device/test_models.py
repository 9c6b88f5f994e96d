"""Which model is in use, for how long another is compared beside it, and who must enrol again."""

from pathlib import Path

import numpy as np
import pytest

from api.records import LOCAL, DoorState, Enrollment, Origin
from device.clock import ManualClock
from device.config import Config
from device.model_choice import DAY_S, chosen
from device.models import configured, in_use, to_enroll_again
from inference.manifest import ManifestError, default_manifest, load_manifest
from inference.settings import VisionSettings

MODEL = load_manifest().embedding


def enrolled(user_id: str, model_id: str, realm: str = LOCAL, status: str = "active") -> Enrollment:
    template = np.eye(128, dtype=np.float32)[0]
    return Enrollment(
        f"{user_id}-{model_id}", realm, user_id, model_id, template, 0.9, 5, True, Origin.KIOSK, DoorState.CONFIRMED, status
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def settings(tmp_path: Path, install_embedding) -> VisionSettings:
    """A folder with a second model, `other`: the shipped manifest under another id, its file of other bytes."""
    install_embedding(tmp_path / "models" / "other", "other", b"another network")
    return VisionSettings(models=tmp_path / "models")


def test_where_nobody_chose_the_shipped_model_is_in_use(settings: VisionSettings, clock: ManualClock) -> None:
    models = in_use(settings, None, (), clock)
    assert (models.model.id, models.former_id, models.days_left(clock)) == (MODEL.id, "", None)
    assert models == configured(settings)


def test_what_was_chosen_is_in_use_whatever_is_the_default(settings: VisionSettings, clock: ManualClock) -> None:
    models = in_use(settings, chosen("other", MODEL.id, 0, "me", clock), (), clock)
    assert (models.model.id, models.former_id) == ("other", "")
    config = Config(vision=settings)
    assert models.seen_by(config).vision.manifest == models.present.manifest
    assert models.seen_by(config).vision.models == settings.models


def test_a_transition_lasts_for_its_days_in_the_boot_of_the_choice_whatever_wall_time_says(
    settings: VisionSettings, clock: ManualClock
) -> None:
    choice = chosen("other", MODEL.id, 30, "me", clock)
    models = in_use(settings, choice, (), clock)
    assert models.former_id == MODEL.id
    assert models.days_left(clock) == 30
    clock.advance(29.5 * DAY_S)
    clock.set_wall(0.0)
    assert models.days_left(clock) == 0.5
    clock.advance(0.5 * DAY_S)
    assert models.days_left(clock) is None
    assert models.left_s(clock) == 0
    assert in_use(settings, choice, (), clock).former is None


def test_in_another_boot_wall_time_counts(settings: VisionSettings, clock: ManualClock) -> None:
    choice = chosen("other", MODEL.id, 2, "me", clock)
    later = ManualClock(boot=5.0, wall=clock.wall() + DAY_S, boot_id="another")
    assert in_use(settings, choice, (), later).days_left(later) == 1
    later.advance(DAY_S)
    assert in_use(settings, choice, (), later).former is None


def test_without_days_there_is_no_transition(clock: ManualClock) -> None:
    assert chosen("new", "old", 0, "me", clock).left_s(clock) == 0
    assert chosen("new", "old", 0, "me", clock).former_id == ""


def test_a_chosen_model_that_is_gone_is_an_error_that_says_what_to_do(settings: VisionSettings, clock: ManualClock) -> None:
    with pytest.raises(ManifestError, match=r"the model gone, chosen with .* is not there: put its files back"):
        in_use(settings, chosen("gone", MODEL.id, 0, "me", clock), (), clock)


def test_a_chosen_model_whose_file_is_damaged_is_refused(settings: VisionSettings, clock: ManualClock) -> None:
    assert settings.models is not None
    (settings.models / "other" / MODEL.file).write_bytes(b"damaged")
    with pytest.raises(ManifestError, match="sha256"):
        in_use(settings, chosen("other", MODEL.id, 0, "me", clock), (), clock)


def test_a_former_model_that_is_gone_ends_the_transition(
    settings: VisionSettings, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    models = in_use(settings, chosen("other", "gone", 30, "me", clock), (), clock)
    assert (models.model.id, models.former) == ("other", None)
    assert "gone is not there any more" in caplog.text


def test_an_update_that_brings_another_default_locks_nobody_out(settings: VisionSettings, clock: ManualClock) -> None:
    all_of_other = [enrolled("anna", "other"), enrolled("bert", "other", "staff")]
    assert in_use(settings, None, all_of_other, clock).model.id == "other"
    assert in_use(settings, None, [*all_of_other, enrolled("carl", MODEL.id)], clock).model.id == MODEL.id
    assert in_use(settings, None, [enrolled("anna", "unknown")], clock).model.id == MODEL.id
    assert in_use(settings, None, [enrolled("anna", "other", status="removed")], clock).model.id == MODEL.id


def test_a_manifest_that_is_configured_is_used_whoever_is_enrolled(settings: VisionSettings, clock: ManualClock) -> None:
    named = settings.model_copy(update={"manifest": default_manifest()})
    assert in_use(named, None, [enrolled("anna", "other")], clock).model.id == MODEL.id


def test_who_has_no_active_template_of_the_model_must_enrol_again() -> None:
    enrollments = [
        enrolled("anna", "old"),
        enrolled("anna", "new"),
        enrolled("bert", "old"),
        enrolled("bert", "new", status="removed"),
        enrolled("bert", "new", "staff"),
        enrolled("carl", "old", status="removed"),
    ]
    assert to_enroll_again(enrollments, "new") == {(LOCAL, "anna"): False, (LOCAL, "bert"): True, ("staff", "bert"): False}
