"""The settings that hold, as TOML that could be a configuration file, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from dropout_lint.cli.statistics import count
from dropout_lint.driver.cache import default_folder
from dropout_lint.driver.discovery import Target
from dropout_lint.driver.settings import DEFAULT_EXCLUDE, Settings
from dropout_lint.io.filenames import absolute
from dropout_lint.io.printable import printable, printable_json


def settings_as_text(targets: Sequence[Target], around: Settings, *, as_json: bool) -> str:
    """What holds for ``targets``, once for all files with the same settings; without any, what holds ``around``."""
    groups: dict[int, tuple[Settings, list[str]]] = {}
    for target in targets:
        groups.setdefault(id(target.settings), (target.settings, []))[1].append(absolute(target.path))
    told = list(groups.values()) or [(around, [])]
    if as_json:
        plain = [_plain(settings, files) for settings, files in told]
        return printable_json(json.dumps(plain, indent=2, ensure_ascii=False)) + "\n"
    return "\n".join("".join(f"{line}\n" for line in _lines(settings, files)) for settings, files in told)


def _plain(settings: Settings, files: Sequence[str]) -> dict[str, Any]:
    return {"files": list(files), "sources": list(settings.sources), "settings": _values(settings)}


def _lines(settings: Settings, files: Sequence[str]) -> Iterator[str]:
    more = f" and {count(len(files) - 1, 'more file')}" if len(files) > 1 else ""
    yield f"# For {printable(files[0] if files else settings.root)}{more}"
    yield f"# from {printable(', '.join(settings.sources) or 'the defaults: there is no configuration file')}"
    for key, value in _values(settings).items():
        yield f"{key} = {_toml(value)}" if value is not None else f"# {key} is not set"


def _values(settings: Settings) -> dict[str, Any]:
    """By key, in effect: what several places said is added up."""
    exclude = [pattern for pattern in settings.exclude if pattern not in DEFAULT_EXCLUDE.split()]
    ignores: dict[str, list[str]] = {}
    for pattern, codes in settings.per_file_ignores:
        ignores.setdefault(pattern, []).extend(codes)
    return {
        "select": [rule.code for rule in settings.rules],
        "per-file-ignores": ignores,
        "unfixable": sorted(settings.shown.unfixable),
        "unsafe-fixes": bool(settings.unsafe_fixes),
        "exclude": exclude,
        "force-exclude": bool(settings.force_exclude),
        "respect-gitignore": settings.respect_gitignore is not False,
        "min-confidence": settings.min_confidence.value,
        "knowledge": [str(path) for path in settings.knowledge_files],
        "baseline": None if settings.baseline is None else str(settings.baseline),
        "output-format": settings.output_format or "full",
        "cache-dir": str(default_folder(settings.root, settings.cache_dir)),
    }


def _toml(value: Any) -> str:
    """``value`` in TOML, whose strings are JSON's."""
    if isinstance(value, dict):
        inner = ", ".join(f"{_toml(key)} = {_toml(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return printable_json(json.dumps(value, ensure_ascii=False))
