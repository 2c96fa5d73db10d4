"""Why labelled bugs are missed: the answer of `dropout-lint why` for each, and the answers counted by kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.scoring import Judgement, Outcome
from dropout_lint.driver.config import Settings
from dropout_lint.why.ask import NoAnswer, ask

_NAMES = re.compile(r" \([^()]*:\d+\)|`[^`]*`|\d+")


def causes(judgements: Iterable[Judgement], folders: Mapping[str, Path]) -> Iterator[tuple[Judgement, str]]:
    """Every miss among ``judgements`` with the one statement that explains most."""
    for judged in judgements:
        if judged.outcome is Outcome.MISSED:
            yield judged, cause_of(folders[judged.where] / judged.path, judged.line)


def cause_of(file: Path, line: int) -> str:
    """The one statement that explains most of why ``line`` of ``file`` has no finding."""
    try:
        return ask(str(file), line, Settings(file.parent)).cause
    except NoAnswer as error:
        return f"no answer: {error}"


def ranked(found: Sequence[tuple[Judgement, str]]) -> Iterator[str]:
    """The kinds of causes, the most frequent first, each with its misses.  What they name is left out of a kind."""
    kinds = Counter(kind(cause) for _, cause in found)
    for name, count in sorted(kinds.items(), key=lambda item: (-item[1], item[0])):
        yield f"{count:4}  {name}"
        for judged, cause in found:
            if kind(cause) == name:
                yield f"      {judged.where}/{judged.path}:{judged.line} {'/'.join(judged.codes)}: {cause}"


def kind(cause: str) -> str:
    """``cause`` without the names and numbers in it."""
    return _NAMES.sub(lambda found: "" if found[0].startswith(" (") else "…", cause)
