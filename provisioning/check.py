"""`kioskctl config`: the configuration file."""

from pathlib import Path

import typer

from device.config import Config, ConfigError, find_config
from device.screen_settings import languages
from device.toml_lines import key_lines
from provisioning.options import Common, ConfigOption, JsonOption
from provisioning.output import reporting

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The configuration file.")


@app.command("check")
def check(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check the configuration file: each mistake with file, line, key and what is allowed.

    Example: kioskctl config check --config /etc/facekiosk/facekiosk.toml
    """
    with reporting(as_json=as_json) as out:
        path = find_config(config)
        settings = Common(path, as_json).load()
        check_language(path, settings)
        out.document({"config": str(path), "data_dir": str(settings.paths.data_dir), "key_file": str(settings.paths.key_file)})
        out.say(f"{path} is good")
        out.say(f"data {settings.paths.data_dir}, root key {settings.paths.key_file}, sockets {settings.socket_dir}")


def check_language(path: Path, settings: Config) -> None:
    """Refuse a language without a file. The kiosk itself starts with it all the same, in English: words shut no door.

    Raises:
        ConfigError: the page has no such language.
    """
    code = settings.screen.language
    if code not in languages():
        line = key_lines(path.read_text(encoding="utf-8"))["screen", "language"]
        raise ConfigError(f"{path}:{line}: screen.language: {code!r} has no file; there are {', '.join(languages())}")
