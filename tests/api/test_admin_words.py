"""The admin screen's words: the same in every language, none missing for what the device says; and nothing is from elsewhere."""

import ast
import re
from collections.abc import Iterator

import pytest

from api import feedback
from api.errors import CONDITIONS, MESSAGE
from api.pages import STATIC
from api.records import Origin
from device.operators.records import Role

PAGE = STATIC / "admin"
ROOT = STATIC.parents[1]
CLIENTS = {
    "invalid_frame",
    "invalid_api_key",
    "invalid_token",
    "stronger_liveness_required",
    "link_not_valid",
    "text_changed",
    "unsupported_image",
} | (set(CONDITIONS) - {"poor_image_quality", "multiple_faces"})
"""Codes that are told clients of the API and people at the camera, never an operator."""
CODE = re.compile(r"[a-z]+(_[a-z]+)*")


def keys(language: str, block: str) -> set[str]:
    found = re.search(rf"export const {block} = \{{(.*?)^\}};", (PAGE / f"{language}.js").read_text(), re.MULTILINE | re.DOTALL)
    assert found
    outside = re.sub(r"`(?:\\.|[^`])*`|\"(?:\\.|[^\"])*\"", "''", found[1])
    return set(re.findall(r"(?:^|[,{\s])(\w+): (?=''|\()", outside))


def codes(node: ast.AST) -> Iterator[str]:
    """The codes among what is written here."""
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and CODE.fullmatch(each.value):
            yield each.value


def called(path: str, names: str) -> list[ast.Call]:
    """Calls of these functions in a file, or in the files of a folder."""
    files = [ROOT / path] if path.endswith(".py") else sorted((ROOT / path).glob("**/*.py"))
    calls = [each for file in files for each in ast.walk(ast.parse(file.read_text())) if isinstance(each, ast.Call)]
    return [each for each in calls if re.fullmatch(rf"(?:.*\.)?(?:{names})", ast.unparse(each.func))]


def first(calls: list[ast.Call]) -> set[str]:
    return {code for call in calls if call.args for code in codes(call.args[0])}


def returned(path: str, function: str = "") -> set[str]:
    """Codes that the functions of a file return."""
    tree = ast.walk(ast.parse((ROOT / path).read_text()))
    made = [each for each in tree if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    returns = [each for found in made if function in ("", found.name) for each in ast.walk(found) if isinstance(each, ast.Return)]
    return {code for each in returns for code in codes(each)}


def acts() -> set[str]:
    """What operators do, as the log has it."""
    found = first(called("device", "act|_act|OperatorAct|_write"))
    found |= {code for call in called("device/operator_commands.py", "_renewed") for code in codes(call.args[1])}
    return {"sign_in_failed_act" if each == "sign_in_failed" else each for each in found}


def reasons() -> set[str]:
    """Why a visit or a decision ended as it did."""
    calls = called("device", "break_off|Outcome|Presented|_judged")
    found = {code for call in calls for code in codes(call)} - {"owed", "make_up"}
    found |= returned("api/access.py") | returned("device/access.py") | returned("device/admission.py", "unlock")
    return found | returned("api/effects.py", "_told") | {"make_up_failed", "session_expired", "too_many_attempts"}


def refusals() -> set[str]:
    """Why a request, or a turn of the queue, is refused."""
    found = set(MESSAGE) - CLIENTS
    for path in ("admin_site", "operators", "enroll_queue.py", "enrolling.py", "local_camera.py", "operations.py"):
        found |= first(called(f"device/{path}", "ApiError|OperationRefused|SignInRefused"))
    cards = {each for each in first(called("device/factor_commands.py", "OperationRefused")) if each.startswith("card_")}
    return found | cards - {"card_not_found"}


def rosters() -> set[str]:
    """What is wrong with a roster, or with a row of it."""
    source = (ROOT / "device/roster.py").read_text()
    rows = first(called("device/roster.py", "_Wrong")) | set(re.findall(r"error=\"(\w+)\"", source)) | {"too_many_cells"}
    return rows | {f"roster_{each}" for each in first(called("device/roster.py", "RosterRefused")) - {"user_id"}}


def parts() -> set[str]:
    """Parts of the device whose health is told."""
    source = (ROOT / "device/health.py").read_text()
    assert "def _checks" in source
    body = source.split("def _checks")[1].split("    def ")[0]
    named = set(re.findall(r"^            \"(\w+)\": ", body, re.MULTILINE)) | set(re.findall(r"checks\[\"(\w+)\"\]", body))
    return {f"{word}_{name}" for name in named for word in ("part", "trouble")}


def instructions() -> set[str]:
    return {*feedback._FOR_CONDITION.values(), *feedback._FOR_REGION.values(), *feedback._POSES}


@pytest.mark.parametrize("block", ["TEXT", "CODES"])
def test_languages_say_the_same_things(block: str) -> None:
    assert len(keys("en", block)) > 60
    assert keys("en", block) == keys("de", block)


@pytest.mark.parametrize(
    ("said", "among"),
    [
        (
            acts,
            {"signed_in", "operator_reset", "operator_added", "clock_set", "groups_set", "names_opened", "aiming_view_opened"},
        ),
        (reasons, {"no_match", "other_means", "pin_wrong", "card_unknown", "make_up_missing", "no_longer_valid", "door_refused"}),
        (
            refusals,
            {"invalid_request", "user_not_found", "nothing_pending", "look_missing", "lan_off", "card_taken", "camera_ended"},
        ),
        (rosters, {"roster_no_head", "id_twice", "dates_reversed"}),
        (parts, {"part_camera", "trouble_temperature", "part_screen"}),
        (instructions, {"step_closer", "lift_hat"}),
        (lambda: {*Origin, *Role}, {"kiosk", "auditor"}),
    ],
    ids=["acts", "reasons", "refusals", "rosters", "parts", "instructions", "records"],
)
def test_every_code_of_the_device_has_words(said, among: set[str]) -> None:
    found = said()
    assert among <= found, "the codes are still found in the source"
    assert found - keys("en", "CODES") == set()


def test_every_word_that_a_view_says_is_there() -> None:
    said = {word for file in PAGE.glob("*.js") for word in re.findall(r"\bsay\(\"(\w+)\"", file.read_text())}
    assert said - keys("en", "TEXT") == set()


def test_the_page_takes_nothing_from_the_network() -> None:
    for file in PAGE.iterdir():
        named = re.findall(r"""["'`(](?:https?:)?//[^"'`)]+""", file.read_text())
        assert [name for name in named if "www.w3.org" not in name] == [], file.name
