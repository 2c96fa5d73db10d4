"""The baseline in a run: known findings are left out, what has gone is told, and the file is written where wanted."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dropout_lint.cli.statistics import count
from dropout_lint.driver.baseline import Baseline, Entries
from dropout_lint.driver.discovery import Target
from dropout_lint.driver.fingerprints import Lines
from dropout_lint.driver.settings import ConfigError
from dropout_lint.finding import Finding
from dropout_lint.io.printable import printable
from dropout_lint.lint.file_result import FileResult
from dropout_lint.render.report import relative

_MOST_NAMED = 10  # of the entries that have gone


@dataclass(frozen=True)
class Known:
    """What is known before a run; ``is_new``: there is no file yet; ``update``: it is to say what is there now."""

    baseline: Baseline
    is_new: bool
    update: bool
    targets: Sequence[Target]
    quiet: bool

    def left(self, findings: Sequence[Finding], results: Sequence[FileResult], lines: Lines) -> list[Finding]:
        """Those of ``findings``, all that the run found, that are to be shown.  Writes the file, or says on stderr what
        of it has gone.  Raises `ConfigError`.
        """
        now, checked = self.baseline.of(findings, lines), self._checked(results)
        if self.update:
            return self._written(now, checked).new(findings, lines)
        if self.is_new:
            if now:
                self._written(now, checked)
            return list(findings)
        gone = self.baseline.gone(now, checked)
        for file, entry in gone[:_MOST_NAMED]:
            self._say(f"note: {file}: {entry.code} in {self._name} is not found any more: {entry.text}")
        if gone:
            self._say(f"{count(len(gone), 'known finding')} gone: `--update-baseline` takes them out of the file.")
        return self.baseline.new(findings, lines)

    def _written(self, now: Entries, checked: Mapping[str, frozenset[str]]) -> Baseline:
        updated = self.baseline.updated(now, checked)
        updated.write()
        before, after = self.baseline.pairs(), updated.pairs()
        change = "" if self.is_new else f" ({len(after - before)} new, {len(before - after)} gone)"
        later = "" if self.update else "  Later runs leave them out."
        self._say(f"Wrote {count(len(after), 'finding')} to {self._name}{change}.{later}")
        return updated

    @property
    def _name(self) -> str:
        return relative(str(self.baseline.path))

    def _say(self, text: str) -> None:
        if not self.quiet:
            print(printable(text), file=sys.stderr)

    def _checked(self, results: Sequence[FileResult]) -> Mapping[str, frozenset[str]]:
        """The files of which all findings are known now, each with the codes of its rules."""
        failed = {
            result.filename for result in results if result.error or any(f.code == "DRP001" for f in result.findings)
        }
        return {
            self.baseline.name_of(target.path): frozenset(rule.code for rule in target.settings.rules_for(target.path))
            for target in self.targets
            if target.path not in failed
        }


def known_findings(arguments: argparse.Namespace, configured: Path | None, targets: Sequence[Target]) -> Known | None:
    """What the options, or else the settings (``configured``), say is known; None if nothing.  Raises `ConfigError`."""
    if arguments.no_baseline:
        return None
    path = Path(arguments.baseline) if arguments.baseline is not None else configured
    if path is None:
        if arguments.update_baseline:
            raise ConfigError("--update-baseline needs a file: pass --baseline FILE, or set `baseline` in the settings")
        return None
    found = Baseline.read(path)
    if found is None and arguments.baseline is None and not arguments.update_baseline:
        raise ConfigError(
            f"there is no baseline {relative(str(path))}, which the settings name: "
            "`dropout-lint check --update-baseline` writes it, `--no-baseline` does without"
        )
    quiet = bool(arguments.quiet)
    return Known(found or Baseline(path, {}), found is None, arguments.update_baseline, targets, quiet)
