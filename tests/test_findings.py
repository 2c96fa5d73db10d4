"""Findings about other libraries have one form.  They need a package index, so they are read here, not run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from itertools import takewhile
from pathlib import Path

import pytest

from tests.conftest import ROOT

FINDINGS = ROOT / "findings"
FIELDS = ["Versions", "Behaviour", "Guess", "Seen"]

pytestmark = pytest.mark.checkout


def scripts() -> list[Path]:
    return sorted(FINDINGS.glob("*.sh"))


def head(script: Path) -> dict[str, str]:
    """The fields of the comment at the top, each on one line."""
    comment = takewhile(lambda line: line.startswith("#"), script.read_text("utf-8").splitlines()[1:])
    text = " ".join(line.removeprefix("#").strip() for line in comment)
    parts = [part.strip() for part in re.split(rf"\b({'|'.join(FIELDS)}): +", text)[1:]]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def installed(script: Path) -> list[str]:
    return re.findall(r'^"\$folder/venv/bin/pip" install --quiet (.+)$', script.read_text("utf-8"), re.MULTILINE)


def test_there_are_findings() -> None:
    assert len(scripts()) >= 25


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.stem)
def test_the_head_says_versions_behaviour_guess_and_what_was_seen(script: Path) -> None:
    fields = head(script)
    assert list(fields) == FIELDS
    assert all(fields.values())


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.stem)
def test_what_is_installed_is_pinned_and_is_what_the_head_names(script: Path) -> None:
    (packages,) = installed(script)
    assert packages == head(script)["Versions"]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9a-z.]*", package) for package in packages.split())


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.stem)
def test_it_runs_nothing_of_ours_and_cleans_up(script: Path) -> None:
    text = script.read_text("utf-8")
    assert not re.search(r"dropout[-_]lint", text)
    assert "set -euo pipefail" in text
    assert "trap 'rm -rf \"$folder\"' EXIT" in text


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.stem)
def test_it_notices_when_the_behaviour_changes(script: Path) -> None:
    (program,) = re.findall(r"<<'PYTHON'\n(.*)^PYTHON\n\Z", script.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    compile(program, script.name, "exec")
    assert "print(" in program
    assert re.search(r"^assert ", program, re.MULTILINE)


@pytest.mark.skipif(os.name == "nt" or shutil.which("bash") is None, reason="needs bash and file modes")
@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.stem)
def test_it_is_executable_and_bash_can_read_it(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)], capture_output=True, check=False).stderr == b""


def test_the_table_lists_every_finding_once_in_order() -> None:
    listed = re.findall(r"^\| \[(\w+)\]\((\w+)\.sh\) \|", (FINDINGS / "README.md").read_text("utf-8"), re.MULTILINE)
    assert [name for name, _ in listed] == [path for _, path in listed] == [script.stem for script in scripts()]


def test_the_table_names_the_version_that_is_installed() -> None:
    rows = re.findall(r"^\| \[(\w+)\].* \| ([^|]+) \|$", (FINDINGS / "README.md").read_text("utf-8"), re.MULTILINE)
    for name, versions in rows:
        (packages,) = installed(FINDINGS / f"{name}.sh")
        assert {version.strip().replace(" ", "==") for version in versions.split(",")} <= set(packages.split()), name
