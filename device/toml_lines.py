"""Where in a TOML text each key stands. The values themselves are tomllib's business."""

import tomllib

Path = tuple[str, ...]


def key_lines(text: str) -> dict[Path, int]:
    """The line, from 1, of every table and key of a valid TOML text, nested, dotted and inline ones included."""
    lines: dict[Path, int] = {}
    table: Path = ()
    for number, statement in _statements(text):
        parsed = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = _paths(parsed)[-1]
            lines.setdefault(table, number)
        else:
            for path in _paths(parsed):
                lines.setdefault(table + path, number)
    return lines


def _statements(text: str) -> list[tuple[int, str]]:
    """The text cut into headers and key/value pairs with the line each begins on: a pair goes on until it parses."""
    found: list[tuple[int, str]] = []
    start, pending = 1, ""
    for number, line in enumerate(text.splitlines(), start=1):
        start = start if pending else number
        pending = f"{pending}\n{line}" if pending else line
        try:
            tomllib.loads(pending)
        except tomllib.TOMLDecodeError:
            continue
        if pending.strip() and not pending.lstrip().startswith("#"):
            found.append((start, pending))
        pending = ""
    return found


def _paths(value: object) -> list[Path]:
    """All paths of a nested dictionary, outer ones first."""
    if isinstance(value, list):
        return [path for item in value for path in _paths(item)]
    if not isinstance(value, dict):
        return []
    return [path for key, inner in value.items() for path in [(key,), *((key, *rest) for rest in _paths(inner))]]
