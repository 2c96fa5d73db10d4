"""The keys of the settings, as data: reader, JSON schema and documentation are made from this one table."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What a key holds; the words are for messages."""

    CODES = "a list of codes, prefixes or names of rules"
    PATTERNS = "a list of patterns"
    PATHS = "a list of files"
    CODES_BY_PATTERN = "a table of patterns, each with a list of codes"
    SWITCH = "true or false"
    CONFIDENCE = "a confidence"
    FORMAT = "an output format"
    PATH = "a file or folder"


class Key(NamedTuple):
    """One key: ``words`` say what it does, ``default`` is its value in TOML where nobody sets it."""

    name: str
    kind: Kind
    words: str
    default: str
    example: str


KEYS = (
    Key(
        "select",
        Kind.CODES,
        "The rules to run, in place of those that are on by default.",
        "the rules that are on by default",
        '["DRP1", "missing-eval"]',
    ),
    Key("extend-select", Kind.CODES, "Rules to run in addition.", "[]", '["DRP207"]'),
    Key("ignore", Kind.CODES, "Rules not to run.", "[]", '["DRP106"]'),
    Key("extend-ignore", Kind.CODES, "More rules not to run: the same as `ignore`.", "[]", '["DRP106"]'),
    Key(
        "per-file-ignores",
        Kind.CODES_BY_PATTERN,
        "Rules not to run on files that match a pattern.",
        "{}",
        '{ "tests/*" = ["DRP103"] }',
    ),
    Key(
        "extend-per-file-ignores",
        Kind.CODES_BY_PATTERN,
        "More of them: the same as `per-file-ignores`.",
        "{}",
        '{ "examples/*" = ["DRP301"] }',
    ),
    Key(
        "fixable",
        Kind.CODES,
        "The rules whose fixes may be applied; those of all others are not offered.",
        '["ALL"]',
        '["DRP1"]',
    ),
    Key("extend-fixable", Kind.CODES, "Rules whose fixes may be applied, in addition.", "[]", '["DRP204"]'),
    Key("unfixable", Kind.CODES, "Rules whose fixes are not offered.", "[]", '["DRP104"]'),
    Key("unsafe-fixes", Kind.SWITCH, "Whether `--fix` also applies fixes that change results.", "false", "true"),
    Key(
        "exclude",
        Kind.PATTERNS,
        "Files and folders to leave out, in addition to what git ignores and the usual folders of tools.",
        "[]",
        '["third_party"]',
    ),
    Key("extend-exclude", Kind.PATTERNS, "More of them: the same as `exclude`.", "[]", '["*_pb2.py"]'),
    Key("force-exclude", Kind.SWITCH, "Whether exclusions also hold for files that are named.", "false", "true"),
    Key("respect-gitignore", Kind.SWITCH, "Whether files that git ignores are left out.", "true", "false"),
    Key(
        "min-confidence",
        Kind.CONFIDENCE,
        "The least certain findings to show: `medium`, of which nine in ten are right, or `high`.",
        '"medium"',
        '"high"',
    ),
    Key(
        "knowledge",
        Kind.PATHS,
        "Files with facts about libraries, beside those that the tool has.",
        "[]",
        '["lint/house.toml"]',
    ),
    Key(
        "baseline",
        Kind.PATH,
        "A file with known findings, which are not shown.",
        "none",
        '"dropout-lint-baseline.json"',
    ),
    Key("output-format", Kind.FORMAT, "How findings are printed.", '"full"', '"concise"'),
    Key(
        "cache-dir", Kind.PATH, "Where results are kept between runs.", '".dropout_lint_cache"', '".cache/dropout-lint"'
    ),
)
"""In the order in which people read about them."""

NAMES = tuple(key.name for key in KEYS)
