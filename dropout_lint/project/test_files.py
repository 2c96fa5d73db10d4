"""What a test file is.  Rules ask, because tests misuse dropout and modes on purpose: what they do is no example.

A file holds tests if it is called ``conftest.py``; if it lies in a folder that is named for tests, below the root of
its project; or if it is named like a test and mentions tests as well.  What the folders *above* the project are called
says nothing: people put projects anywhere.  Neither does the name of the file alone: in research, ``test_net.py``
measures the accuracy on the test set, ``test_time_pool.py`` is a layer, and ``test.py`` is the script that evaluates.
"""

from __future__ import annotations

import re

FOLDERS = frozenset({"test", "tests", "testing", "unit_test", "unit_tests", "unittest", "unittests"})
"""What folders are called that hold tests, and what tests need."""

_SEPARATOR = re.compile(r"[\\/]")
_NAME = re.compile(r"(?:test_.+|.*_test)\.(?:py|ipynb)")
_SPEAKS = re.compile(r"(?m)^\s*(?:async )?def test_|\bpytest\b|\bunittest\b|TestCase|^\s*assert ")


def holds_tests(inside: str, text: str) -> bool:
    """Whether the file at ``inside``, which is its path below the root of its project, holds tests; ``text`` is what
    it says.  Separators may be those of any system.
    """
    *folders, name = _SEPARATOR.split(inside)
    if name == "conftest.py" or not FOLDERS.isdisjoint(folders):
        return True
    return _NAME.fullmatch(name) is not None and _SPEAKS.search(text) is not None
