"""`kioskctl config`: the configuration file."""

import typer

from device.config import find_config
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
        out.document({"config": str(path), "data_dir": str(settings.paths.data_dir), "key_file": str(settings.paths.key_file)})
        out.say(f"{path} is good")
        out.say(f"data {settings.paths.data_dir}, root key {settings.paths.key_file}, sockets {settings.socket_dir}")
