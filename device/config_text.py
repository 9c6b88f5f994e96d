"""Words about settings, from their schema: what a key allows, the file that `kioskctl init` writes, and its reference."""

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

KINDS = {"integer": "a whole number", "number": "a number", "string": "a text", "boolean": "true or false", "object": "a table"}
BOUNDS = {"minimum": "at least {}", "exclusiveMinimum": "above {}", "maximum": "at most {}", "exclusiveMaximum": "below {}"}
HEAD = "# facekiosk: what can be set. A key that is commented out has the value shown. Unknown keys are errors.\n"


def allowed(schema: dict[str, Any], key: tuple[str, ...], unknown: str = "") -> str:
    """What the key of a settings model's JSON schema allows; for a table with an `unknown` key, the keys it has."""
    spec = _find(schema, key)
    if unknown:
        names = list(spec.get("properties", {}))
        near = difflib.get_close_matches(unknown, names, 1)
        return f"did you mean {near[0]}? " * bool(near) + f"allowed: {', '.join(names)}"
    about = spec.get("description", "")
    return f"allowed: {_kind(spec)}" + f" ({about.rstrip('.')})" * bool(about)


def _find(schema: dict[str, Any], key: tuple[str, ...]) -> dict[str, Any]:
    spec: dict[str, Any] = schema
    for part in key:
        about = spec.get("description", "")
        spec = spec["items"] if part.isdigit() else spec["properties"][part]
        spec = {"description": about} | _resolved(schema, spec)
    return spec


def _resolved(schema: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in spec:
        return spec
    target: dict[str, Any] = schema["$defs"][spec["$ref"].rsplit("/", 1)[-1]]
    return target | {name: value for name, value in spec.items() if name != "$ref"}


def _kind(spec: dict[str, Any]) -> str:
    if "const" in spec:
        return json.dumps(spec["const"])
    if "enum" in spec:
        return "one of " + ", ".join(json.dumps(value) for value in spec["enum"])
    if "anyOf" in spec:
        # TOML has no null: what may be None is simply left out.
        return " or ".join(_kind(option) for option in spec["anyOf"] if option.get("type") != "null")
    if spec.get("type") == "array":
        return f"a list, each {_kind(spec.get('items', {}))}"
    bounds = [words.format(spec[name]) for name, words in BOUNDS.items() if name in spec]
    pattern = [f"matching {spec['pattern']}"] if "pattern" in spec else []
    return " ".join([KINDS.get(spec.get("type", ""), "nothing"), " and ".join(bounds + pattern)]).rstrip()


def render(model: type[BaseModel], values: Mapping[str, Mapping[str, str]]) -> str:
    """The file's text for a model whose fields are tables: a comment over each key, keys not in `values` commented out."""
    schema = model.model_json_schema()
    parts = [HEAD]
    for table in model.model_fields:
        parts += _table(schema, (table,), values.get(table, {}))
    return "\n".join(parts) + "\n"


def _table(schema: dict[str, Any], path: tuple[str, ...], given: Mapping[str, str]) -> list[str]:
    """A table's lines; tables within it follow after its own keys, as TOML wants it."""
    keys = {name: _resolved(schema, key) for name, key in _find(schema, path)["properties"].items()}
    lines, inner = [f"\n[{'.'.join(path)}]"], []
    for name, key in keys.items():
        if key.get("type") == "object":
            inner += _table(schema, (*path, name), {})
            continue
        lines.append(f"# {key.get('description', '')} Allowed: {_kind(key)}.")
        lines.append(f"{name} = {_toml(given[name])}" if name in given else f"# {name} = {_shown(key.get('default'))}")
    return lines + inner


def reference(model: type[BaseModel]) -> str:
    """All tables and keys in Markdown, as docs/configuration.md has them: sentence, what is allowed, default."""
    schema = model.model_json_schema()
    return "\n".join(line for table in model.model_fields for line in _section(schema, (table,)))


def _section(schema: dict[str, Any], path: tuple[str, ...]) -> list[str]:
    spec = _find(schema, path)
    lines = [f"## `[{'.'.join(path)}]`", "", spec["description"], ""]
    lines += ["| key | what | allowed | default |", "|---|---|---|---|"]
    inner: list[str] = []
    keys = {name: _resolved(schema, key) for name, key in spec["properties"].items()}
    for name, key in keys.items():
        if key.get("type") == "object":
            inner += _section(schema, (*path, name))
            continue
        cells = (f"`{name}`", key.get("description", ""), _kind(key), _default(key))
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return [*lines, "", *inner]


def _default(key: dict[str, Any]) -> str:
    return "not set" if key.get("default") is None else f"`{_toml(key['default'])}`"


def _toml(value: object) -> str:
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


def _shown(default: object) -> str:
    return "(not set)" if default is None else _toml(default)
