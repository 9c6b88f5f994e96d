"""`kioskctl model`: what is there, whether it works, and changing over, with the shipped model and another one beside it."""

from pathlib import Path

import pytest

from inference.manifest import load_manifest

MODEL = load_manifest().embedding
OTHER = "other-model"


@pytest.fixture
def more(kioskctl, tmp_path, install_embedding) -> Path:
    """A folder with a second model that works (the shipped network under another id)."""
    text = kioskctl.file.read_text(encoding="utf-8")
    assert "\n[vision]\n" in text
    text = text.replace("\n[vision]\n", f'\n[vision]\nmodels = "{tmp_path / "models"}"\n', 1)
    kioskctl.file.write_text(text, encoding="utf-8")
    install_embedding(tmp_path / "models" / "other", OTHER, MODEL.read())
    return tmp_path / "models"


def uses(kioskctl) -> dict[str, str]:
    return {each["model_id"]: each["use"] for each in kioskctl.json("model", "list")["models"] if each["kind"] == "embedding"}


def test_the_models_that_are_there_are_listed(kioskctl, more):
    listed = {each["model_id"]: each for each in kioskctl.json("model", "list")["models"]}
    assert listed[MODEL.id]["default"]
    assert listed[MODEL.id]["use"] == "in_use"
    assert not listed[OTHER]["default"]
    assert listed[OTHER]["manifest"] == str(more / "other" / "manifest.toml")
    assert all(each["hash_ok"] and each["people"] == 0 for each in listed.values())
    assert OTHER in kioskctl("model", "list").out


def test_a_model_is_chosen_and_the_same_command_leads_back(kioskctl, more):
    chosen = kioskctl.json("model", "use", OTHER)
    assert (chosen["model_id"], chosen["former_id"], chosen["until"], chosen["enroll_again"]) == (OTHER, "", None, [])
    assert uses(kioskctl)[OTHER] == "in_use"
    assert uses(kioskctl)[MODEL.id] == ""
    assert kioskctl.json("status")["model_id"] == OTHER
    assert kioskctl.refused("model", "use", OTHER) == "model_in_use"
    kioskctl.json("model", "use", MODEL.id)
    assert kioskctl.json("status")["model_id"] == MODEL.id
    changes = kioskctl.json("model", "list")["changes"]
    assert [change["model_id"] for change in changes] == [MODEL.id, OTHER]
    assert changes[0]["operator"]


def test_with_a_transition_the_days_that_are_left_are_told(kioskctl, more):
    chosen = kioskctl.json("model", "use", OTHER, "--transition", "30d")
    assert chosen["former_id"] == MODEL.id
    assert chosen["until"]
    assert uses(kioskctl) | {OTHER: "in_use", MODEL.id: "former"} == uses(kioskctl)
    status = kioskctl.json("status")
    assert (status["model_id"], status["former_model_id"]) == (OTHER, MODEL.id)
    assert 29.8 < status["transition_days_left"] <= 30
    assert f"30 more day(s) with {MODEL.id} beside it" in kioskctl("status").out


def test_a_transition_is_ended_by_choosing_the_same_model_without(kioskctl, more):
    kioskctl.json("model", "use", OTHER, "--transition", "30d")
    assert kioskctl.refused("model", "use", OTHER, "--transition", "60d") == "model_in_use"
    assert kioskctl.json("model", "use", OTHER)["until"] is None
    status = kioskctl.json("status")
    assert (status["model_id"], status["former_model_id"], status["transition_days_left"]) == (OTHER, "", None)
    assert kioskctl.refused("model", "use", OTHER) == "model_in_use"


@pytest.mark.parametrize("time", ["30", "d", "-1d", "1w", "1e3d"])
def test_a_time_that_is_none_is_wrong_usage(kioskctl, time):
    assert kioskctl("model", "use", MODEL.id, "--transition", time).code == 2


def test_a_time_beyond_reason_is_refused(kioskctl, more):
    assert kioskctl.refused("model", "use", OTHER, "--transition", "99999d") == "invalid_request"


def test_a_model_that_is_not_there_is_refused(kioskctl):
    assert kioskctl.refused("model", "use", "nothing") == "model_not_found"
    assert kioskctl.refused("model", "verify", "nothing") == "model_not_found"


def test_models_that_work_are_verified(kioskctl, more):
    verified = kioskctl.json("model", "verify", OTHER)["models"]
    assert [(each["model_id"], each["ok"], each["message"]) for each in verified] == [(OTHER, True, "")]
    assert verified[0]["runtime"]
    assert verified[0]["milliseconds"] > 0


@pytest.mark.parametrize("what", ["file altered", "file gone", "no network", "no calibration", "not monotone", "no TOML"])
def test_a_model_that_cannot_be_used_is_told_and_never_chosen(kioskctl, more, install_embedding, what):
    folder = more / "broken"
    manifest = install_embedding(folder, "broken", b"no network")
    text = manifest.read_text(encoding="utf-8")
    match what:
        case "file altered":
            (folder / MODEL.file).write_bytes(b"altered")
        case "file gone":
            (folder / MODEL.file).unlink()
        case "no calibration":
            manifest.write_text(text.replace("[embedding.calibration]", "[embedding.other]"), encoding="utf-8")
        case "not monotone":
            manifest.write_text(text.replace("cosines = [", "cosines = [0.999,"), encoding="utf-8")
        case "no TOML":
            manifest.write_text(text.replace("[embedding]", "[embedding"), encoding="utf-8")
    readable = what in ("file altered", "file gone", "no network")
    (listed,) = [each for each in kioskctl.json("model", "list")["models"] if each["manifest"] == str(manifest)]
    assert listed["model_id"] == ("broken" if readable else "")
    assert listed["hash_ok"] is (what == "no network")
    assert (listed["problem"] == "") is (what == "no network")
    answer = kioskctl("model", "verify", "--json")
    assert answer.code == 1
    failed = [each for each in answer.document["models"] if not each["ok"]]
    assert [each["manifest"] for each in failed] == [str(manifest)]
    assert failed[0]["message"]
    assert kioskctl.refused("model", "use", "broken") == ("model_unusable" if readable else "model_not_found")
    assert kioskctl.json("model", "list")["changes"] == []
    assert kioskctl.json("status")["model_id"] == MODEL.id


def test_where_the_chosen_model_is_gone_another_can_be_chosen(kioskctl, more):
    kioskctl.json("model", "use", OTHER)
    (more / "other" / MODEL.file).unlink()
    assert kioskctl.refused("status") == "model_unusable"
    (more / "other" / "manifest.toml").unlink()
    assert kioskctl.refused("user", "list") == "model_unusable"
    assert MODEL.id in kioskctl("model", "list").out
    kioskctl.json("model", "use", MODEL.id)
    assert kioskctl.json("status")["model_id"] == MODEL.id


def test_a_running_kiosk_goes_on_and_says_what_comes_next(more, served):
    chosen = served.json("model", "use", OTHER, "--transition", "12h")
    assert chosen["former_id"] == MODEL.id
    status = served.json("status")
    assert (status["model_id"], status["next_model_id"], status["transition_days_left"]) == (MODEL.id, OTHER, None)
    assert uses(served) | {MODEL.id: "in_use", OTHER: "next"} == uses(served)
    assert served.json("model", "use", OTHER)["until"] is None
    assert served.refused("model", "use", OTHER) == "model_in_use"
