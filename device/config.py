"""The configuration: one TOML file and a few environment names, checked as a whole, composed of every package's settings.

What a value is for is said in the settings classes. Nothing is opened or created here.
"""

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError, to_json

from api.enroll_settings import EnrollSettings
from api.limits import LimitSettings
from api.liveness_settings import LivenessSettings
from api.lockout import LockoutSettings
from api.settings import ENVIRONMENT as SESSION_NAMES
from api.settings import ApiSettings, SessionSettings
from camera.settings import CameraSettings
from device.config_text import allowed, render
from device.operators.settings import OperatorSettings
from device.pad_settings import PadSettings
from device.screen_settings import ScreenSettings
from device.settings import (
    DoorSettings,
    EventSettings,
    KioskSettings,
    LanSettings,
    LightSettings,
    ListenSettings,
    LogSettings,
    PathSettings,
    WatchSettings,
)
from device.toml_lines import key_lines
from inference.match_settings import MatchSettings
from inference.settings import VisionSettings

ENVIRONMENT_FILE = "FACEKIOSK_CONFIG"
"""Environment name of the configuration file's path."""

SEARCH = (Path("var/facekiosk.toml"), Path("/etc/facekiosk/facekiosk.toml"))
"""Where a configuration file is looked for when none is named."""

ENVIRONMENT: Mapping[str, tuple[str, ...]] = {name: ("session", key) for name, key in SESSION_NAMES.items()}
"""Environment names that override a key of the file, kept from the reference service."""

SOCKET_PATH_MAX = 107
"""Bytes that fit into a Unix socket's address on Linux (unix(7)), its final zero not counted."""

LONGEST_SOCKET = "vision-camera.sock"

OUTLASTS = "camera_outlasts_watch"
"""Type of the validation error of two limits that contradict each other."""


NAMED = ("auto", "camera", "demo", "picamera2", "argus", "v4l2")
"""Sources that a command line may name besides paths."""


class ConfigError(Exception):
    """The configuration cannot be used: the message names file, line, key, and what is allowed."""


class Config(BaseModel):
    """Everything that can be set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    paths: Annotated[PathSettings, Field(description="Where things lie.")] = PathSettings()
    listen: Annotated[ListenSettings, Field(description="The listener on loopback.")] = ListenSettings()
    lan: Annotated[LanSettings, Field(description="The listener on the network.")] = LanSettings()
    camera: Annotated[CameraSettings, Field(description="Which camera, and how it is read.")] = CameraSettings()
    vision: Annotated[VisionSettings, Field(description="How faces are found, judged and embedded.")] = VisionSettings()
    match: Annotated[MatchSettings, Field(description="How sure a recognition must be.")] = MatchSettings()
    session: Annotated[SessionSettings, Field(description="How sessions judge, here and for clients.")] = SessionSettings()
    liveness: Annotated[LivenessSettings, Field(description="How much liveness is demanded.")] = LivenessSettings()
    limits: Annotated[LimitSettings, Field(description="How fast clients and addresses may call.")] = LimitSettings()
    lockout: Annotated[LockoutSettings, Field(description="When claims to be one user have to wait.")] = LockoutSettings()
    api: Annotated[ApiSettings, Field(description="How the API is served.")] = ApiSettings()
    enroll: Annotated[EnrollSettings, Field(description="How people enrol by link.")] = EnrollSettings()
    kiosk: Annotated[KioskSettings, Field(description="How a visit runs.")] = KioskSettings()
    door: Annotated[DoorSettings, Field(description="The door and what may open it.")] = DoorSettings()
    pad: Annotated[PadSettings, Field(description="PIN pad and card reader at the kiosk.")] = PadSettings()
    screen: Annotated[ScreenSettings, Field(description="What the kiosk's page speaks, and how loud.")] = ScreenSettings()
    operators: Annotated[OperatorSettings, Field(description="How operators sign in to the admin screen.")] = OperatorSettings()
    light: Annotated[LightSettings, Field(description="The screen's rest, and light for dark faces.")] = LightSettings()
    watch: Annotated[WatchSettings, Field(description="When vision counts as hung.")] = WatchSettings()
    events: Annotated[EventSettings, Field(description="The log of events, and webhooks.")] = EventSettings()
    log: Annotated[LogSettings, Field(description="What is logged.")] = LogSettings()

    @model_validator(mode="after")
    def _camera_speaks_first(self) -> Self:
        """A camera that fails is to say so itself, before it counts as a vision that hangs."""
        if self.camera.capture_timeout_s >= self.watch.progress_s:
            limits = {"camera": self.camera.capture_timeout_s, "watch": self.watch.progress_s}
            text = "camera.capture_timeout_s ({camera}) must be less than watch.progress_s ({watch})"
            raise PydanticCustomError(OUTLASTS, text, limits)
        return self

    @property
    def database(self) -> Path:
        """The encrypted database's file."""
        return self.paths.data_dir / "facekiosk.db"

    @property
    def socket_dir(self) -> Path:
        """Folder of the sockets: `run_dir`, or a private folder below /tmp where that path would be too long for a socket."""
        if len(os.fsencode(self.paths.run_dir / LONGEST_SOCKET)) <= SOCKET_PATH_MAX:
            return self.paths.run_dir
        digest = hashlib.sha256(os.fsencode(self.paths.run_dir)).hexdigest()[:12]
        return Path("/tmp") / f"facekiosk-{os.getuid()}-{digest}"  # noqa: S108  # made 0700 and its owner checked

    @property
    def admin_socket(self) -> Path:
        """The administration socket, over which kioskctl talks to a running control."""
        return self.socket_dir / "admin.sock"

    @property
    def final_ends(self) -> frozenset[str]:
        """Reasons of vision for ending after which starting it again cannot help: a file does not come back as a camera does."""
        return frozenset({"model", "absent", "busy", "failed"} if self.camera.source == "replay" else {"model"})

    def watch_of(self, instance: str) -> WatchSettings:
        """When the instance counts as hung: `vision@remote` may take as long over one image as its client waits for it."""
        slowest = self.watch.progress_s if instance == "camera" else max(self.watch.progress_s, self.api.vision_timeout_s)
        return self.watch.model_copy(update={"progress_s": slowest})

    def vision_socket(self, instance: str) -> Path:
        """The socket on which control waits for a vision instance, `camera` or `remote`."""
        return self.socket_dir / f"vision-{instance}.sock"

    def with_camera(self, spec: str) -> Self:
        """The same with another source: one of `NAMED`, a device below /dev, or a file or folder to replay."""
        if spec in NAMED:
            change: dict[str, Any] = {"source": spec}
        elif spec.startswith("/dev/"):
            change = {"source": "v4l2", "device": spec}
        else:
            change = {"source": "replay", "path": str(Path(spec).absolute())}
        return self.model_copy(update={"camera": self.camera.model_copy(update=change)})

    def below(self, folder: Path) -> Self:
        """The same with relative paths made absolute below `folder`."""
        camera = {"path": str(folder / self.camera.path)} if self.camera.path else {}
        vision = {name: folder / value for name, value in self.vision if isinstance(value, Path)}
        tls = {name: folder / value for name, value in self.lan if isinstance(value, Path)}
        changes = {
            "lan": self.lan.model_copy(update=tls),
            "paths": PathSettings(**{name: folder / value for name, value in self.paths}),
            "camera": self.camera.model_copy(update=camera),
            "vision": self.vision.model_copy(update=vision),
        }
        return self.model_copy(update=changes)


def find_config(named: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """The configuration file: the one named, else $FACEKIOSK_CONFIG, else the first of `SEARCH` that is there.

    Raises:
        ConfigError: none is there; the message says where it was looked for.
    """
    chosen = named or (Path(environ[ENVIRONMENT_FILE]) if environ.get(ENVIRONMENT_FILE) else None)
    for path in (chosen,) if chosen else SEARCH:
        if path.is_file():
            return path.absolute()
    where = chosen or " or ".join(map(str, SEARCH))
    raise ConfigError(f"no configuration file at {where}: make one with `kioskctl init`, or name one with --config FILE")


def load_config(path: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Read and check a configuration file; environment names of the reference override its keys.

    Raises:
        ConfigError: the file cannot be read, is no TOML, or has an unknown key, a wrong type or a value out of range.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return parse_config(text, path, environ)


def parse_config(text: str, path: Path, environ: Mapping[str, str] = {}) -> Config:
    """Check the text of a configuration file; `path` is for messages and for relative paths in it.

    Raises:
        ConfigError: as `load_config`.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax_message(path, text, error)) from error
    places = {key: f"{path}:{line}" for key, line in key_lines(text).items()}
    for name, key in ENVIRONMENT.items():
        if name in environ:
            _set(data, key, _environment_value(environ[name]))
            places[key] = f"environment {name}"
    try:
        return Config.model_validate_json(to_json(data), strict=True).below(path.absolute().parent)
    except ValidationError as error:
        raise ConfigError("\n".join(_message(path, places, dict(item)) for item in error.errors())) from error


def _syntax_message(path: Path, text: str, error: tomllib.TOMLDecodeError) -> str:
    place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
    line = int(place[1]) if place else text.count("\n") + 1
    what = re.sub(r" \(at .*\)$", "", str(error))
    return f"{path}:{line}: not valid TOML: {what}"


def _message(path: Path, places: dict[tuple[str, ...], str], item: dict[str, Any]) -> str:
    if item["type"] == OUTLASTS:
        named = next(key for key in (("camera", "capture_timeout_s"), ("watch", "progress_s")) if key in places)
        return f"{places[named]}: {'.'.join(named)}: {item['msg']}"
    key = tuple(str(part) for part in item["loc"])
    known = next((key[:length] for length in range(len(key), 0, -1) if key[:length] in places), ())
    place = places.get(known, str(path))
    name = ".".join(part for part in key if not part.isdigit())
    if item["type"] == "extra_forbidden":
        return f"{place}: {name}: unknown key; {allowed(Config.model_json_schema(), key[:-1], unknown=key[-1])}"
    return f"{place}: {name}: {item['input']!r} is not allowed; {allowed(Config.model_json_schema(), key)}"


def _environment_value(text: str) -> int | float | str:
    """The number that the text is, or the text itself, which validation then refuses."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _set(data: dict[str, Any], key: tuple[str, ...], value: object) -> None:
    """Set a nested key, unless something that is no table stands in its way, which validation reports."""
    table: object = data
    for part in key[:-1]:
        table = table.setdefault(part, {}) if isinstance(table, dict) else None
    if isinstance(table, dict):
        table[key[-1]] = value


def default_config_toml(**values: Mapping[str, str]) -> str:
    """A commented configuration file with every key at its default, commented out, but those given as `table={key: value}`."""
    return render(Config, values)
