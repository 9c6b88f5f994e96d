"""Making a new device: configuration file, root key and empty encrypted store, all of them or none. Nothing is written over."""

import contextlib
import os
import shutil
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from api.liveness_settings import AUTO
from device.config import Config, default_config_toml, load_config, parse_config
from device.keys import create_root_key, load_keys
from device.lock import hold_data
from device.store.store import create_store


class Frontage(StrEnum):
    """Whose door it is: of people who belong there, or one that everybody passes by."""

    STAFF = "staff"
    PUBLIC = "public"


class SetupRefused(Exception):
    """The device cannot be made there; what was there is untouched."""


APPLIANCE: Mapping[str, Mapping[str, str]] = {
    "paths": {
        "data_dir": "/var/lib/facekiosk/data",
        "key_file": "/var/lib/facekiosk/keys/root.key",
        "run_dir": "/run/facekiosk",
    },
    "lan": {
        "certificate": "/var/lib/facekiosk/tls/server.crt",
        "key": "/var/lib/facekiosk/tls/server.key",
        "authority": "/var/lib/facekiosk/tls/authority.crt",
        "authority_key": "/var/lib/facekiosk/tls/authority.key",
    },
    "watch": {"keeper": "systemd"},
}
"""What differs where the units of `make install` run the kiosk."""

APPLIANCE_USER = "facekiosk"
"""The user of those units' control."""


def plan(
    config_file: Path,
    data: Path | None = None,
    key: Path | None = None,
    policy: str = AUTO,
    *,
    appliance: bool = False,
    frontage: Frontage = Frontage.STAFF,
) -> tuple[str, Config]:
    """The text of a new configuration file, and what it comes to; `appliance`: for the units of `make install`.

    Raises:
        SetupRefused: the configuration, the data or the key is there already; the message names all of them.
    """
    given = {"data_dir": data, "key_file": key}
    paths = {name: str(path.absolute()) for name, path in given.items() if path is not None}
    tables: dict[str, Mapping[str, str]] = dict(APPLIANCE) if appliance else {}
    tables |= {"kiosk": {"frontage": frontage.value}} if frontage is Frontage.PUBLIC else {}
    tables |= {"paths": {**tables.get("paths", {}), **paths}, "liveness": {} if policy == AUTO else {"policy": policy}}
    text = default_config_toml(**tables)
    config = parse_config(text, config_file)
    there = [str(path) for path in (config_file, config.paths.key_file, config.database) if path.exists()]
    if there:
        raise SetupRefused(f"{' and '.join(there)} already there; nothing was changed. Name other places, or use what is there")
    return text, config


def create(config_file: Path, text: str) -> Config:
    """Make what `plan` planned. After a failure everything that this call made is gone again.

    Raises:
        SetupRefused: a file appeared in between, or a folder cannot be written.
        StoreError: the key or the store cannot be written.
    """
    config = parse_config(text, config_file)
    with contextlib.ExitStack() as undo:
        create_root_key(config.paths.key_file)
        undo.callback(config.paths.key_file.unlink, missing_ok=True)
        with hold_data(config.paths.data_dir):
            create_store(config.database, load_keys(config.paths.key_file))
        undo.callback(config.database.unlink, missing_ok=True)
        _write_new(config_file, text)
        undo.callback(config_file.unlink, missing_ok=True)
        made = load_config(config_file)
        undo.pop_all()
    return made


def hand_over(config: Config, user: str = APPLIANCE_USER) -> None:
    """Give data and keys to the user who will run the kiosk.

    Raises:
        SetupRefused: there is no such user, or this one may not.
    """
    try:
        for folder in (config.paths.data_dir, config.paths.key_file.parent):
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, user, user)
    except (LookupError, OSError) as error:
        raise SetupRefused(f"data and keys cannot be given to {user}: {error}; `make install` makes the user") from error


def _write_new(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise SetupRefused(f"{path}: cannot be written: {error.strerror}") from error
