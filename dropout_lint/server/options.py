"""What an editor sets: `initializationOptions`, or later `workspace/didChangeConfiguration`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dropout_lint.driver import config
from dropout_lint.driver.config import ConfigError, Settings
from dropout_lint.lint.selection import Selection

SECTION = "dropoutLint"
"""Under which name an editor keeps them."""

_RULES = ("select", "extendSelect", "ignore")
_KNOWN = (*_RULES, "minConfidence", "inlayHints")


@dataclass(frozen=True, slots=True)
class Options:
    """The options as the editor gave them; see docs/editors.md."""

    given: Mapping[str, Any]

    @property
    def inlay_hints(self) -> bool:
        """Whether the mode stands behind calls of models."""
        return self.given.get("inlayHints", False) is True

    def on_top_of(self, settings: Settings) -> Settings:
        """``settings``, and these on top.  Raises `ConfigError`."""
        for name in self.given:
            if name not in _KNOWN:
                raise ConfigError(f"initializationOptions: unknown `{name}`; there are {', '.join(_KNOWN)}")
        hints = self.given.get("inlayHints", False)
        if not isinstance(hints, bool):
            raise ConfigError(f"initializationOptions: `inlayHints` must be true or false, not {hints!r}")
        if any(name in self.given for name in _RULES):
            select = self._codes("select") if "select" in self.given else None
            selection = Selection(select, self._codes("extendSelect"), self._codes("ignore"))
            settings = settings._replace(selections=(*settings.selections, selection))
        if "minConfidence" in self.given:
            least = config.confidence(self.given["minConfidence"], "initializationOptions: `minConfidence`")
            settings = settings._replace(min_confidence=least)
        return settings

    def _codes(self, name: str) -> tuple[str, ...]:
        value = self.given.get(name, ())
        if not isinstance(value, (list, tuple)) or not all(isinstance(code, str) for code in value):
            raise ConfigError(f"initializationOptions: `{name}` must be a list of codes, not {value!r}")
        return config.valid_codes(tuple(value), f"initializationOptions: `{name}`")


def options(given: object) -> Options:
    """The options that an editor sends: an object, or nothing."""
    return Options(given if isinstance(given, dict) else {})


def of_section(settings: object) -> Options | None:
    """Those of `workspace/didChangeConfiguration`, which may speak of other tools; None if ours are not there."""
    section = settings.get(SECTION) if isinstance(settings, dict) else None
    return options(section) if isinstance(section, dict) else None
