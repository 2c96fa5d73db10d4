"""The hooks, in real runs of pre-commit: a commit with a finding is blocked, mended by a hook, and goes through."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.checkout import copy_checkout
from tests.conftest import Run, clean_environment

pytestmark = [pytest.mark.installs, pytest.mark.checkout]

BAD = "from torch import nn\n\ndrop = nn.Dropout(rate=0.3)\n"  # its fix is safe: the line raises as it stands
UNFIXABLE = "from torch import nn\n\ndrop = nn.Dropout(30)\n"  # its fix is not safe


@dataclass(frozen=True)
class Repository:
    """A git repository in ``folder``, in an environment of its own."""

    folder: Path
    environment: dict[str, str]
    run: Run

    def __call__(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return self.run(*words, cwd=self.folder, env=self.environment)

    def git(self, *words: str) -> str:
        done = self("git", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def commits(self) -> list[str]:
        return self.git("log", "--format=%s").splitlines()

    def read(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")

    def stage(self, **files: str) -> None:
        for stem, text in files.items():
            (self.folder / f"{stem}.py").write_text(text, "utf-8")
            self.git("add", f"{stem}.py")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Nothing of the user's git or pre-commit."""
    home = tmp_path_factory.mktemp("home")
    who = {f"GIT_{role}_{what}": "tester@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return clean_environment(
        GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1", PRE_COMMIT_HOME=str(home / "pre-commit"), **who
    )


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory, run: Run, environment: dict[str, str]) -> Repository:
    """The repository that offers the hooks: this one as it stands, committed or not."""
    folder = copy_checkout(tmp_path_factory.mktemp("hooks") / "dropout-lint")
    repository = Repository(folder, environment, run)
    repository.git("init", "--quiet")
    repository.git("add", "--all", "--force")
    repository.git("commit", "--quiet", "--message=hooks")
    return repository


@pytest.fixture
def project(tmp_path: Path, run: Run, environment: dict[str, str]) -> Repository:
    """A user's repository with one commit."""
    repository = Repository(tmp_path, environment, run)
    repository.git("init", "--quiet")
    repository.git("commit", "--quiet", "--allow-empty", "--message=first")
    return repository


def test_try_repo_reports_and_mends_staged_files(project: Repository, hooks: Repository) -> None:
    project.stage(bad=BAD)
    (project.folder / "stub.pyi").write_text(BAD)
    (project.folder / "notes.txt").write_text(BAD)
    project.git("add", ".")
    done = project("-m", "pre_commit", "try-repo", str(hooks.folder), "--color=never")
    assert done.returncode == 1
    reporting, mending = done.stdout.partition("dropout-lint-fix...")[::2]
    assert "bad.py:3:19: DRP104" in reporting
    assert "- exit code: 1" in reporting
    assert "- files were modified by this hook" in mending
    assert project.read("bad.py") == BAD.replace("rate", "p")
    assert "stub.pyi" not in done.stdout
    assert "notes.txt" not in done.stdout


def test_a_commit_is_blocked_then_mended_then_goes_through(project: Repository, hooks: Repository) -> None:
    """One installation of the hooks serves each step: `try-repo` would build a new one for each."""
    revision = hooks.git("rev-parse", "HEAD")
    (project.folder / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks.folder}\n  rev: {revision}\n  hooks:\n  - id: dropout-lint-fix\n"
    )
    project.git("add", ".pre-commit-config.yaml")
    installed = project("-m", "pre_commit", "install")
    assert installed.returncode == 0, installed.stderr

    project.stage(bad=BAD, clean="x = 1\n")
    blocked = project("git", "commit", "--message=second")
    assert blocked.returncode == 1
    assert "files were modified by this hook" in blocked.stderr
    assert project.commits() == ["first"]
    assert project.read("bad.py") == BAD.replace("rate", "p")

    project.stage(unfixable=UNFIXABLE)
    project.git("add", "bad.py")
    still_blocked = project("git", "commit", "--message=second")
    assert still_blocked.returncode == 1
    assert "unfixable.py:3:19: DRP101" in still_blocked.stderr
    assert "bad.py" not in still_blocked.stderr.replace("unfixable.py", "")
    assert project.read("unfixable.py") == UNFIXABLE

    project.stage(unfixable=UNFIXABLE.replace("30", "0.3"))
    project.git("commit", "--message=second")
    assert project.commits() == ["second", "first"]

    excluding = '[tool.dropout-lint]\nexclude = ["vendored.py"]\n'
    (project.folder / "pyproject.toml").write_text(excluding)
    project.stage(vendored=UNFIXABLE)
    project.git("add", "pyproject.toml")
    project.git("commit", "--message=third")
    assert project.commits() == ["third", "second", "first"]
