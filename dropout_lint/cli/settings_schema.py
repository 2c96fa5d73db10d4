"""The settings as a JSON schema, for editors, and as a table, for the documentation: both from the table of keys."""

from __future__ import annotations

import json
from typing import Any

from dropout_lint import render
from dropout_lint.cli.run_settings import VARIABLES
from dropout_lint.driver.settings_keys import KEYS, Key, Kind
from dropout_lint.finding import Confidence
from dropout_lint.io.interchange import Malformed, read_toml
from dropout_lint.lint.registry import all_rules

_RULES = {"$ref": "#/definitions/rules"}


def schema() -> str:
    """The schema of `dropout-lint.toml` and of the table in `pyproject.toml`."""
    content = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "https://json.schemastore.org/dropout-lint.json",
        "title": "Settings of dropout-lint",
        "type": "object",
        "additionalProperties": False,
        "properties": {key.name: _property(key) for key in KEYS},
        "definitions": {"rules": {"type": "array", "items": {"anyOf": _selectors()}}},
    }
    return json.dumps(content, indent=2) + "\n"


def _property(key: Key) -> dict[str, Any]:
    strings = {"type": "array", "items": {"type": "string"}}
    kinds: dict[Kind, dict[str, Any]] = {
        Kind.CODES: _RULES,
        Kind.PATTERNS: strings,
        Kind.PATHS: strings,
        Kind.CODES_BY_PATTERN: {"type": "object", "additionalProperties": _RULES},
        Kind.SWITCH: {"type": "boolean"},
        Kind.CONFIDENCE: {"enum": [confidence.value for confidence in Confidence]},
        Kind.FORMAT: {"enum": list(render.formats())},
        Kind.PATH: {"type": "string"},
    }
    told: dict[str, Any] = {"description": key.words}
    if _is_toml(key.default):  # else it is said in words
        told |= read_toml(f"default = {key.default}".encode())
    # Beside a reference, draft 7 ignores all else.
    shape = kinds[key.kind]
    return {**told, "allOf": [shape]} if "$ref" in shape else {**told, **shape}


def _selectors() -> list[dict[str, Any]]:
    """All that a list of rules may hold; each code and name with the name or code, which editors show beside it."""
    rules = all_rules()
    prefixes = sorted({rule.code[:length] for rule in rules for length in range(3, len(rule.code))})
    return [
        {"enum": ["ALL", *prefixes]},
        *({"const": rule.code, "description": rule.name} for rule in rules),
        *({"const": rule.name, "description": rule.code} for rule in rules),
    ]


def table() -> str:
    """The keys, as a Markdown table."""
    rows = ["| key | default | example | what it says |", "|---|---|---|---|"]
    for key in KEYS:
        default = f"`{key.default}`" if _is_toml(key.default) else key.default
        rows.append(f"| `{key.name}` | {default} | `{key.example}` | {key.words} |")
    return "\n".join(rows) + "\n"


def variables() -> str:
    """The environment variables, as a Markdown table."""
    rows = [f"| `{name}` | {words} |" for name, (_, words) in VARIABLES.items()]
    return "\n".join(["| variable | what it holds |", "|---|---|", *rows]) + "\n"


def _is_toml(text: str) -> bool:
    try:
        read_toml(f"x = {text}".encode())
    except Malformed:
        return False
    return True
