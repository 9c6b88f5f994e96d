"""Write the generated part of docs/configuration.md anew, after a change of keys: `python -m scripts.config_docs`."""

from pathlib import Path

from device.config import ENVIRONMENT, Config
from device.config_text import reference

FILE = Path(__file__).resolve().parents[1] / "docs" / "configuration.md"
BEGIN = "<!-- From here on made by scripts/config_docs.py; change the settings classes instead. -->\n"


def generated() -> str:
    """What follows `BEGIN`: every table and key, then the environment names."""
    rows = [f"| `{name}` | `[{table}]` `{key}` |" for name, (table, key) in ENVIRONMENT.items()]
    names = ["## Environment", "", "These names, kept from the reference service, override keys of the file.", ""]
    return "\n".join([reference(Config), *names, "| name | key |", "|---|---|", *rows, ""])


def main() -> None:
    """Rewrite the file from `BEGIN` on."""
    kept = FILE.read_text(encoding="utf-8").partition(BEGIN)[0]
    FILE.write_text(f"{kept}{BEGIN}\n{generated()}", encoding="utf-8")


if __name__ == "__main__":
    main()
