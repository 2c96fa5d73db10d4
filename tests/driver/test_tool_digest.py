"""Results of earlier runs hold for the tool as it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import copy_checkout
from tests.conftest import clean_environment

DECIDE = (
    "dropout_lint/typestate/analysis.py",
    "dropout_lint/knowledge/calls.toml",
    "rules/drp201_functional_dropout_always_on.py",
)


def digest(checkout: Path) -> str:
    program = "from dropout_lint.driver.tool_digest import tool_digest; print(tool_digest())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=checkout,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.checkout
def test_a_change_of_any_code_that_decides_makes_another_tool(tmp_path: Path) -> None:
    checkout = copy_checkout(tmp_path / "checkout")
    seen = {digest(checkout), digest(checkout)}
    assert len(seen) == 1
    for number, name in enumerate(DECIDE, 2):
        with open(checkout / name, "a", encoding="utf-8") as file:
            file.write("\n# changed\n")
        seen.add(digest(checkout))
        assert len(seen) == number, name


def test_where_it_is_installed_the_list_of_the_installer_decides(tmp_path: Path) -> None:
    from dropout_lint.driver.tool_digest import _record

    assert _record(str(tmp_path)) is None
    listed = tmp_path / "dropout_lint-0.1.0.dist-info"
    listed.mkdir()
    (listed / "RECORD").write_text("__editable___dropout_lint.py,sha256=1,2\n", "utf-8")  # of an editable installation
    assert _record(str(tmp_path)) is None
    (listed / "RECORD").write_text("dropout_lint/driver/tool_digest.py,sha256=1,2\n", "utf-8")
    assert _record(str(tmp_path)) is not None
