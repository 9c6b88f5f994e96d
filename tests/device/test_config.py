"""The configuration file: what is taken, and how each mistake is told."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from device.config import Config, ConfigError, default_config_toml, find_config, load_config, parse_config
from device.toml_lines import key_lines

FILE = Path("/etc/facekiosk/facekiosk.toml")


def test_the_default_file_is_valid_and_changes_nothing() -> None:
    assert parse_config(default_config_toml(), FILE) == Config().below(FILE.parent)


def tables(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """All tables of the file, those within tables too."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield path + name, field.annotation
            yield from tables(field.annotation, f"{path}{name}.")


@pytest.mark.parametrize(("table", "model"), list(tables(Config)))
def test_every_key_stands_in_the_default_file_with_a_sentence(table: str, model: type[BaseModel]) -> None:
    text = default_config_toml()
    part = text[text.index(f"\n[{table}]\n") :].split("\n[")[1].splitlines()
    for name, key in model.model_fields.items():
        if name not in {inner for path, _ in tables(model) for inner in [path]}:
            at = next(i for i, line in enumerate(part) if line.startswith(f"# {name} = "))
            assert key.description
            assert part[at - 1].startswith(f"# {key.description} Allowed: ")


def test_every_shown_value_is_the_default() -> None:
    lines = default_config_toml().splitlines()
    shown = [line.removeprefix("# ") if re.match(r"# [a-z_]+ = [^(]", line) else line for line in lines]
    assert parse_config("\n".join(shown), FILE) == Config().below(FILE.parent)
    assert sum(line.startswith("#") for line in shown) < len(shown) / 2 + 3


def test_given_values_are_written() -> None:
    text = default_config_toml(paths={"data_dir": "elsewhere"}, camera={"source": "demo"})
    config = parse_config(text, FILE)
    assert config.paths.data_dir == Path("/etc/facekiosk/elsewhere")
    assert config.camera.source == "demo"


@pytest.mark.parametrize(
    ("text", "line", "key", "allowed"),
    [
        ("[kiosk]\n\nvisit_timeou_s = 1", 3, "kiosk.visit_timeou_s", "did you mean visit_timeout_s"),
        ("[kisok]\n", 1, "kisok", "did you mean kiosk"),
        ("# a\n[kiosk]\nvisit_timeout_s = 'long'", 3, "kiosk.visit_timeout_s", "a number at least 3 and at most 60"),
        ("[kiosk]\nvisit_timeout_s = nan", 2, "kiosk.visit_timeout_s", "a number at least 3"),
        ("[kiosk]\nvisit_timeout_s = '8'", 2, "kiosk.visit_timeout_s", "a number"),
        ("[camera]\nloop = 1", 2, "camera.loop", "true or false"),
        ("kiosk = 3", 1, "kiosk", "a table"),
        ("[[kiosk]]\nleave_s = 1", 1, "kiosk", "a table"),
        ("kiosk.leave_s = 100", 1, "kiosk.leave_s", "at most 10"),
        ("log = { level = 'loud' }", 1, "log.level", '"debug", "info", "warning", "error"'),
        ("[listen]\nhost = '0.0.0.0'", 2, "listen.host", '"127.0.0.1", "::1"'),
        ("[listen]\nport = 65536", 2, "listen.port", "at most 65535"),
        ("[door]\ngrants = [\n  'camera',\n  'request_to_exit',\n]", 2, "door.grants", '"card"'),
        ("[vision.zone]\nwide = 1", 2, "vision.zone.wide", "left, top, width, height"),
        ("[vision]\nzone = { left = 2 }", 2, "vision.zone.left", "at most 0.9"),
        ("[vision]\nmanifest = 3", 2, "vision.manifest", "a text"),
        ("[liveness]\npolicy = 1979-05-27", 2, "liveness.policy", '"basic"'),
        ("[watch]\nprogress_s = 1.5", 2, "watch.progress_s", "capture_timeout_s (1.5) must be less than watch.progress_s (1.5)"),
        ("[watch]\nprogress_s = 4\n[camera]\ncapture_timeout_s = 5", 4, "camera.capture_timeout_s", "(5.0) must be less"),
    ],
)
def test_a_mistake_names_file_line_key_and_what_is_allowed(text: str, line: int, key: str, allowed: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, FILE)
    assert str(caught.value).startswith(f"{FILE}:{line}: {key}: ")
    assert allowed in str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config("[listen]\nport = -1\n[camera]\nfps = 0", FILE)
    assert [message.split(": ")[1] for message in str(caught.value).splitlines()] == ["listen.port", "camera.fps"]


def test_the_references_environment_names_override_the_file() -> None:
    environ = {"FACE_RECOGNITION_THRESHOLD": "0.8", "MAX_AUTH_ATTEMPTS": "7", "PATH": "/bin"}
    session = parse_config("[session]\nface_recognition_threshold = 0.7", FILE, environ).session
    assert (session.face_recognition_threshold, session.max_auth_attempts) == (0.8, 7)


@pytest.mark.parametrize("value", ["high", "", "1e9", "true", "0.7 # x\ny = 1"])
def test_a_bad_environment_value_names_the_variable(value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config("", FILE, {"FACE_RECOGNITION_THRESHOLD": value})
    assert str(caught.value).startswith("environment FACE_RECOGNITION_THRESHOLD: session.face_recognition_threshold: ")
    assert "a number at least 0.5 and at most 0.99" in str(caught.value)


def test_what_is_no_toml_names_its_line() -> None:
    with pytest.raises(ConfigError, match=r"facekiosk\.toml:2: not valid TOML"):
        parse_config("[kiosk]\nleave_s =\n", FILE)


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")
    for path in (tmp_path, tmp_path / "latin.toml", tmp_path / "absent.toml"):
        with pytest.raises(ConfigError, match="cannot be read"):
            load_config(path)


def test_the_named_file_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("named.toml", "environment.toml"):
        (tmp_path / name).touch()
    environ = {"FACEKIOSK_CONFIG": str(tmp_path / "environment.toml")}
    assert find_config(tmp_path / "named.toml", environ).name == "named.toml"
    assert find_config(None, environ).name == "environment.toml"
    with pytest.raises(ConfigError, match="kioskctl init"):
        find_config(tmp_path / "absent.toml", environ)
    (tmp_path / "var").mkdir()
    (tmp_path / "var/facekiosk.toml").touch()
    assert find_config(None, {}) == tmp_path / "var/facekiosk.toml"


def test_socket_paths_always_fit(tmp_path: Path) -> None:
    short = Config().below(Path("/srv/kiosk"))
    assert short.vision_socket("camera") == Path("/srv/kiosk/run/vision-camera.sock")
    long = Config().below(Path("/srv") / ("deep" * 30))
    for path in (long.admin_socket, long.vision_socket("camera"), long.vision_socket("remote")):
        assert len(bytes(path)) <= 107
    assert long.socket_dir != Config().below(Path("/srv") / ("deep" * 31)).socket_dir


@pytest.mark.parametrize(
    ("spec", "source", "device"),
    [("demo", "demo", ""), ("auto", "auto", ""), ("/dev/video2", "v4l2", "/dev/video2"), ("clip.mp4", "replay", "")],
)
def test_the_command_line_names_a_camera(spec: str, source: str, device: str) -> None:
    camera = Config().with_camera(spec).camera
    assert (camera.source, camera.device) == (source, device)
    assert camera.path == (str(Path("clip.mp4").absolute()) if source == "replay" else "")


KEY = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
VALUE = st.sampled_from(["1", "'x'", "true", "[\n1,\n2,\n]", '"""\nnot = a key\n"""', "{ inner = 2 }"])


@given(st.dictionaries(KEY, st.dictionaries(KEY, VALUE, max_size=4), max_size=4))
def test_every_key_has_the_line_it_begins_on(tables: dict[str, dict[str, str]]) -> None:
    text, expected = "# head\n", {}
    for table, keys in tables.items():
        expected[(table,)] = text.count("\n") + 1
        text += f"[{table}]\n"
        for key, value in keys.items():
            expected[(table, key)] = text.count("\n") + 1
            text += f"{key} = {value}\n\n"
    tomllib.loads(text)
    found = key_lines(text)
    assert {path: found[path] for path in expected} == expected


def test_a_file_that_fails_is_not_tried_again_and_a_camera_is() -> None:
    assert "absent" in Config().with_camera("clip.mp4").final_ends
    assert Config().with_camera("v4l2").final_ends == {"model"}
